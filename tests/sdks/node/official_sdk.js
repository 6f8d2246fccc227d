"use strict";
// Runs the vendor's SDK against an emulator and prints the result as one JSON object.
//
// Usage: official_sdk.js create REQUEST.json | follow REQUEST.json | describe TASK_ID
//                        | list REQUEST.json | burst COUNT | cost REQUEST.json
//
// Environment: EMULATOR (host and port), TENCENTCLOUD_SECRET_ID,
// TENCENTCLOUD_SECRET_KEY, and BY_ADDRESS to call the address instead of mps.localhost.

const dns = require("dns");
const fs = require("fs");

// Names under `localhost` mean this machine (RFC 6761), but some resolvers do not implement that.
const systemLookup = dns.lookup;
dns.lookup = (name, options, done) =>
  systemLookup(name.endsWith(".localhost") ? "localhost" : name, options, done);

const { CommonClient, ClientProfile, HttpProfile, Credential } =
  require("tencentcloud-sdk-nodejs-intl-en").common;
const { Client, Models } = require("tencentcloud-sdk-nodejs-intl-en").mps.v20190612;

// Fewer than the 50 calls a second that the service allows.
const POLL_PAUSE_MS = 30;
// More than any test needs, so that a failing test ends.
const MAX_POLLS = 1000;

// This SDK derives the service that it signs for from the first label of the host, which is `127` for
// an address: accepted with `--lenient-service` only.
const ENDPOINT = process.env.BY_ADDRESS
  ? process.env.EMULATOR
  : process.env.EMULATOR.replace(/^.*:/, "mps.localhost:");
const KEYS = new Credential(
  process.env.TENCENTCLOUD_SECRET_ID,
  process.env.TENCENTCLOUD_SECRET_KEY,
);
// The default is an older signature method, which the emulator does not support.
const PROFILE = new ClientProfile("TC3-HMAC-SHA256", new HttpProfile("http://", ENDPOINT));

const client = new Client(KEYS, "", PROFILE);

function called(method, request) {
  return new Promise((resolve, reject) =>
    client[method](request, (error, response) => (error ? reject(error) : resolve(response))),
  );
}

function createRequest(requestFile) {
  const request = new Models.CreateAigcVideoTaskRequest();
  request.from_json_string(fs.readFileSync(requestFile, "utf8"));
  return request;
}

function create(requestFile) {
  return called("CreateAigcVideoTask", createRequest(requestFile));
}

function describe(taskId) {
  const request = new Models.DescribeAigcVideoTaskRequest();
  request.TaskId = taskId;
  return called("DescribeAigcVideoTask", request);
}

// This release has no types for scenarios, so they are sent through the generic client.
function untyped(action, request) {
  const client = new CommonClient(ENDPOINT, "2019-06-12", KEYS, "", PROFILE);
  return new Promise((resolve, reject) =>
    client.request(action, request, {}, (error, response) =>
      error ? reject(error) : resolve(response),
    ),
  );
}

async function list(requestFile) {
  const request = JSON.parse(fs.readFileSync(requestFile, "utf8"));
  const created = await untyped("CreateAiDramaTask", request);
  const listed = await untyped("DescribeAigcTaskList", {
    PageNum: 1,
    PageSize: 10,
    QueryTaskFilter: { TaskType: "AIDrama" },
  });
  return { created, listed };
}

async function follow(requestFile) {
  const created = await create(requestFile);
  const statuses = [];
  let task;
  for (let poll = 0; poll < MAX_POLLS; poll += 1) {
    task = await describe(created.TaskId);
    if (task.Status !== statuses.at(-1)) statuses.push(task.Status);
    if (task.Status === "DONE" || task.Status === "FAIL") break;
    await new Promise((resolve) => setTimeout(resolve, POLL_PAUSE_MS));
  }
  const results = await Promise.all((task.VideoUrls ?? []).map(fetched));
  return { created, task, statuses, results };
}

async function fetched(url) {
  const response = await fetch(url);
  const body = Buffer.from(await response.arrayBuffer());
  return {
    content_type: response.headers.get("content-type"),
    bytes: body.length,
    box: body.toString("latin1", 4, 8),
  };
}

// Sends a burst of creates; returns the codes of refusals, and null for each success.
async function burst(count) {
  const request = new Models.CreateAigcVideoTaskRequest();
  request.Prompt = "a cat";
  const send = () => called("CreateAigcVideoTask", request).catch(told);
  const calls = Array.from({ length: Number(count) }, send);
  const codes = (await Promise.all(calls)).map((seen) => seen.code);
  return { codes };
}

// Returns the processor time of a create in microseconds, all threads of this process
// together; the first calls, which load and compile, are not counted.
async function cost(requestFile) {
  const calls = 1000;
  const request = createRequest(requestFile);
  const many = async () => {
    for (let call = 0; call < calls; call += 1) await called("CreateAigcVideoTask", request);
  };
  await many();
  const before = process.cpuUsage();
  await many();
  const used = process.cpuUsage(before);
  return { cpu_us: (used.user + used.system) / calls };
}

function told(error) {
  if (!(error instanceof Error)) throw error;
  return { code: error.code, message: error.message, request_id: error.requestId };
}

const verbs = { create, describe, list, follow, burst, cost };
const [verb, argument] = process.argv.slice(2);
verbs[verb](argument)
  .catch(told)
  .then((seen) => console.log(JSON.stringify(seen)));

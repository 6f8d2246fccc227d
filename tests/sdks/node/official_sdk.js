"use strict";
// Drives the vendor's own SDK against an emulator and prints what it saw as one JSON object.
//
// Usage: official_sdk.js create REQUEST.json | follow REQUEST.json | describe TASK_ID
//                        | list REQUEST.json | burst COUNT | cost REQUEST.json
//
// The environment says where and as whom: EMULATOR (host and port), TENCENTCLOUD_SECRET_ID and
// TENCENTCLOUD_SECRET_KEY.

const dns = require("dns");
const fs = require("fs");

// Names under `localhost` are this machine (RFC 6761), but not every system's resolver knows.
const systemLookup = dns.lookup;
dns.lookup = (name, options, done) =>
  systemLookup(name.endsWith(".localhost") ? "localhost" : name, options, done);

const { CommonClient, ClientProfile, HttpProfile, Credential } =
  require("tencentcloud-sdk-nodejs-intl-en").common;
const { Client, Models } = require("tencentcloud-sdk-nodejs-intl-en").mps.v20190612;

// Fewer than the 50 calls a second that the service allows.
const POLL_PAUSE_MS = 30;
// Far more than any test needs, so that one that goes wrong ends.
const MOST_POLLS = 1000;

// This SDK takes the service it signs for from the first label of the host.
const ENDPOINT = process.env.EMULATOR.replace(/^.*:/, "mps.localhost:");
const KEYS = new Credential(
  process.env.TENCENTCLOUD_SECRET_ID,
  process.env.TENCENTCLOUD_SECRET_KEY,
);
// Its default is an older signature, which the emulator does not read.
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

// This release has no types for scenarios, so they go through the client for any action.
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
  for (let poll = 0; poll < MOST_POLLS; poll += 1) {
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

// So many describes at once: how many were answered, and the codes of those refused.
async function burst(count) {
  const calls = Array.from({ length: Number(count) }, () => describe("none").catch(told));
  const codes = (await Promise.all(calls)).map((seen) => seen.code);
  return { codes };
}

// What a create costs this client, in microseconds of its own processor time, all of its threads
// together; the first calls, which load and compile, do not count.
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

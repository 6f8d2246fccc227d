-- The ring and the queue of limit/ring.rs and limit/slot_queue.rs, on the server's clock. A test
-- compares both with random steps. Times are whole microseconds.
--
-- KEYS[1]    the state
-- ARGV       the operation, then for
--   request  limit, process, number of throttled calls, 1 for an action that only reads
--   observe  the same, for a process that may not start yet
--   release  limit, epoch, number of the slot, time and end of the slot it replaced (-1: none)
--
-- request and observe return: now, epoch, room added by throttling, then for
--   a slot   1, its time, its number, time and end of the slot it replaced (-1: none, -2: several)
--   a wait   0, time until the slot, time until the next request

local WINDOW, START_TOLERANCE, GRANT_AHEAD = 1000000, 50000, 50000
local WIDENING_STEP, MAX_WIDENING, BURST, STEP_LASTS = 50000, 450000, 2000000, 3000000
local GRACE, LONGEST_PAUSE, STAGGER, LONGEST_QUEUE = 1000000, 1000000, 1000, 1000
local HIGHEST_LIMIT, LONGEST_KEPT_S = 1000, 3600

local operation = ARGV[1]
local limit = math.max(1, math.min(HIGHEST_LIMIT, tonumber(ARGV[2])))
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
-- Another server, or this one after a restart, may have lost the last slots.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
if not run then
  return redis.error_reply('NORUNID this server does not report its run_id')
end

-- The state in place of a lost one: as full as that can have been, or empty for a read.
local function after_loss()
  local at, ends = {}, {}
  for i = 1, (operation ~= 'release' and ARGV[5] == '1') and 0 or limit do
    at[i] = now + GRANT_AHEAD
    ends[i] = at[i] + WINDOW + START_TOLERANCE
  end
  return { run = run, epoch = now, reserved = 0, widened = 0, widened_at = 0,
    at = at, ends = ends, process = {}, ['until'] = {} }
end

local function plausible(s)
  local latest = now + GRANT_AHEAD
  if s.run ~= run or #s.at ~= #s.ends or #s.process ~= #s['until'] then return false end
  if s.widened > MAX_WIDENING or s.widened_at > now or #s.process > LONGEST_QUEUE then return false end
  for i = 1, #s.at do
    if s.at[i] > latest or s.ends[i] < s.at[i] + WINDOW + START_TOLERANCE then return false end
    if i > 1 and (s.at[i] < s.at[i - 1] or s.ends[i] < s.ends[i - 1]) then return false end
  end
  if #s.at > 0 and s.ends[#s.at] > latest + WINDOW + START_TOLERANCE + MAX_WIDENING then return false end
  for i = 1, #s.process do
    if s['until'][i] > now + LONGEST_PAUSE + STAGGER * LONGEST_QUEUE + GRACE then return false end
  end
  return true
end

local function load()
  local text = redis.call('GET', KEYS[1])
  if not text then return after_loss() end
  local sound, state = pcall(function()
    local state = cmsgpack.unpack(text)
    return plausible(state) and state
  end)
  return sound and state or after_loss()
end

local function save(state)
  redis.call('SET', KEYS[1], cmsgpack.pack(state), 'EX', LONGEST_KEPT_S)
end

local function widening(s)
  local steps = math.floor((now - s.widened_at) / STEP_LASTS)
  return math.max(0, s.widened - steps * WIDENING_STEP)
end

-- Throttled calls of one burst count once.
local function record_throttling(s)
  if s.widened > 0 and now - s.widened_at < BURST then return end
  s.widened = math.min(MAX_WIDENING, widening(s) + WIDENING_STEP)
  s.widened_at = now
end

local function next_slot(s, ahead)
  local newest = s.at[#s.at] or 0
  local free = s.ends[#s.at + ahead % limit - limit + 1] or 0
  local rounds = math.floor(ahead / limit)
  return math.max(now, newest, free) + rounds * (WINDOW + START_TOLERANCE + widening(s))
end

local function reserve(s)
  local at = next_slot(s, 0)
  local ends = math.max(at + WINDOW + START_TOLERANCE + widening(s), s.ends[#s.ends] or 0)
  local replaced_at, replaced_ends = -1, -1
  while #s.at >= limit do
    local more = replaced_at ~= -1
    replaced_at, replaced_ends = table.remove(s.at, 1), table.remove(s.ends, 1)
    if more then replaced_at, replaced_ends = -2, -2 end
  end
  table.insert(s.at, at)
  table.insert(s.ends, ends)
  s.reserved = s.reserved + 1
  return { 1, at, s.reserved, replaced_at, replaced_ends }
end

local function release(s, epoch, number, replaced_at, replaced_ends)
  if s.epoch ~= epoch or s.reserved ~= number or replaced_at == -2 then return 0 end
  s.reserved = s.reserved - 1
  table.remove(s.at)
  table.remove(s.ends)
  if replaced_at >= 0 then
    table.insert(s.at, 1, replaced_at)
    table.insert(s.ends, 1, replaced_ends)
  end
  save(s)
  return 1
end

-- Processes that did not ask again in time lose their places.
local function tidy(s)
  local processes, kept = {}, {}
  for i = 1, #s.process do
    if s['until'][i] >= now then
      table.insert(processes, s.process[i])
      table.insert(kept, s['until'][i])
    end
  end
  s.process, s['until'] = processes, kept
end

local function place_of(s, process)
  for i = 1, #s.process do
    if s.process[i] == process then return i end
  end
end

local function request(s, process)
  tidy(s)
  local place = place_of(s, process)
  local ahead = place and place - 1 or #s.process
  local wait = next_slot(s, ahead) - now
  if wait <= GRANT_AHEAD then
    if place then
      table.remove(s.process, place)
      table.remove(s['until'], place)
    end
    return reserve(s)
  end
  local pause = wait - GRANT_AHEAD
  if pause > LONGEST_PAUSE then pause = LONGEST_PAUSE + STAGGER * ahead end
  if place then
    s['until'][place] = now + pause + GRACE
  elseif ahead < LONGEST_QUEUE then
    table.insert(s.process, process)
    table.insert(s['until'], now + pause + GRACE)
  end
  return { 0, wait, pause }
end

local state = load()
if operation == 'release' then
  return release(state, tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]))
end
local answer = { 0, 0, 0 }
if tonumber(ARGV[4]) > 0 then record_throttling(state) end
if operation == 'request' then answer = request(state, tonumber(ARGV[3])) end
save(state)
local head = { now, state.epoch, widening(state) }
for _, value in ipairs(answer) do table.insert(head, value) end
return head

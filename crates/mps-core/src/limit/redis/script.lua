-- The fenced ring and its line, as in limit/ring.rs and limit/queue.rs, on the server's clock.
-- A test holds the two against each other. Times are whole microseconds.
--
-- KEYS[1]  the state
-- ARGV     what to do, then for
--   ask    limit, who, how many calls were throttled
--   look   the same, by one who cannot start yet
--   back   limit, epoch, number of the slot, time and end of the slot it pushed out (-1: none)
--
-- ask and look answer: now, epoch, what throttling added, then for
--   a slot    1, its time, its number, time and end of what it pushed out (-1: none, -2: more)
--   a wait    0, how long until its turn, when to ask again

local WINDOW, FENCE, HORIZON = 1000000, 50000, 50000
local WIDEN_BY, WIDEN_UP_TO, WIDENED_FOR = 50000, 450000, 60000000
local GRACE, LONGEST_PAUSE, STAGGER, LONGEST_LINE = 1000000, 1000000, 1000, 1000
local HIGHEST_LIMIT, LONGEST_KEPT_S = 1000, 3600

local act = ARGV[1]
local limit = math.max(1, math.min(HIGHEST_LIMIT, tonumber(ARGV[2])))
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
-- Another server, or this one after a restart, may have lost the last slots.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
if not run then
  return redis.error_reply('NORUNID this server does not tell its run_id')
end

local function after_loss()
  local at, ends = {}, {}
  for i = 1, limit do
    at[i] = now + HORIZON
    ends[i] = at[i] + WINDOW + FENCE
  end
  return { run = run, epoch = now, reserved = 0, widened = 0, widened_at = 0,
    at = at, ends = ends, who = {}, ['until'] = {} }
end

local function plausible(s)
  local latest = now + HORIZON
  if s.run ~= run or #s.at ~= #s.ends or #s.who ~= #s['until'] then return false end
  if s.widened > WIDEN_UP_TO or s.widened_at > now or #s.who > LONGEST_LINE then return false end
  for i = 1, #s.at do
    if s.at[i] > latest or s.ends[i] < s.at[i] + WINDOW + FENCE then return false end
    if i > 1 and (s.at[i] < s.at[i - 1] or s.ends[i] < s.ends[i - 1]) then return false end
  end
  if #s.at > 0 and s.ends[#s.at] > latest + WINDOW + FENCE + WIDEN_UP_TO then return false end
  for i = 1, #s.who do
    if s['until'][i] > now + LONGEST_PAUSE + STAGGER * LONGEST_LINE + GRACE then return false end
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

local function narrow(s)
  while s.widened > 0 and now - s.widened_at >= WIDENED_FOR do
    s.widened = math.max(0, s.widened - WIDEN_BY)
    s.widened_at = s.widened_at + WIDENED_FOR
  end
end

local function widen(s, times)
  for _ = 1, math.min(times, 100) do
    s.widened = math.min(WIDEN_UP_TO, s.widened + WIDEN_BY)
    s.widened_at = now
  end
end

local function turn(s, after)
  local newest = s.at[#s.at] or 0
  local free = s.ends[#s.at + after % limit - limit + 1] or 0
  local rounds = math.floor(after / limit)
  return math.max(now, newest, free) + rounds * (WINDOW + FENCE + s.widened)
end

local function reserve(s)
  local at = turn(s, 0)
  local ends = math.max(at + WINDOW + FENCE + s.widened, s.ends[#s.ends] or 0)
  local out_at, out_ends = -1, -1
  while #s.at >= limit do
    local more = out_at ~= -1
    out_at, out_ends = table.remove(s.at, 1), table.remove(s.ends, 1)
    if more then out_at, out_ends = -2, -2 end
  end
  table.insert(s.at, at)
  table.insert(s.ends, ends)
  s.reserved = s.reserved + 1
  return { 1, at, s.reserved, out_at, out_ends }
end

local function give_back(s, epoch, number, out_at, out_ends)
  if s.epoch ~= epoch or s.reserved ~= number or out_at == -2 then return 0 end
  s.reserved = s.reserved - 1
  table.remove(s.at)
  table.remove(s.ends)
  if out_at >= 0 then
    table.insert(s.at, 1, out_at)
    table.insert(s.ends, 1, out_ends)
  end
  save(s)
  return 1
end

-- Those who did not ask again in time lose their places.
local function tidy(s)
  local who, kept = {}, {}
  for i = 1, #s.who do
    if s['until'][i] >= now then
      table.insert(who, s.who[i])
      table.insert(kept, s['until'][i])
    end
  end
  s.who, s['until'] = who, kept
end

local function place_of(s, who)
  for i = 1, #s.who do
    if s.who[i] == who then return i end
  end
end

local function ask(s, who)
  tidy(s)
  local place = place_of(s, who)
  local ahead = place and place - 1 or #s.who
  local wait = turn(s, ahead) - now
  if wait <= HORIZON then
    if place then
      table.remove(s.who, place)
      table.remove(s['until'], place)
    end
    return reserve(s)
  end
  local pause = wait - HORIZON
  if pause > LONGEST_PAUSE then pause = LONGEST_PAUSE + STAGGER * ahead end
  if place then
    s['until'][place] = now + pause + GRACE
  elseif ahead < LONGEST_LINE then
    table.insert(s.who, who)
    table.insert(s['until'], now + pause + GRACE)
  end
  return { 0, wait, pause }
end

local state = load()
if act == 'back' then
  return give_back(state, tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]))
end
local answer = { 0, 0, 0 }
narrow(state)
widen(state, tonumber(ARGV[4]))
if act == 'ask' then answer = ask(state, tonumber(ARGV[3])) end
save(state)
local head = { now, state.epoch, state.widened }
for _, value in ipairs(answer) do table.insert(head, value) end
return head

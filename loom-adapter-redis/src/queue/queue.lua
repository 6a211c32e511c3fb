-- Shared beginning of the scripts of a queue. Follows clock.lua.
--
-- KEYS of all of them: counter, messages, bodies, visible, hidden, lines, dedup keys, letters, bodies
--   of letters
--
-- A message has a number of our own, since ids may repeat. Messages: number -> priority, ordering key
-- or false, attempts, delivery or 0, where it is, and since or until when: 'v' visible, 'h' hidden,
-- 'b' behind others of its key. Visible: 255 - priority, order, number; hidden: number by time; lines:
-- ordering key, number. One counter gives numbers, orders and deliveries; it is at least the server's
-- microseconds, so that it may be forgotten.
--
-- Removals wait for the end of the script, so that no key goes and comes back within it.
local COUNTER, MESSAGES, BODIES = KEYS[1], KEYS[2], KEYS[3]
local VISIBLE, HIDDEN, LINES = KEYS[4], KEYS[5], KEYS[6]
local DEDUP, LETTERS, LETTER_BODIES = KEYS[7], KEYS[8], KEYS[9]
-- How many messages one script makes visible.
local WOKEN_MAX = 1000

local function big(number)
  return struct.pack('>I4I4', math.floor(number / 4294967296), number % 4294967296)
end

local function small(bytes, from)
  local high, low = struct.unpack('>I4I4', bytes, from)
  return high * 4294967296 + low
end

local removals, last = {}, nil

local function remove(command, key, member)
  local of = removals[key] or {command = command, members = {}}
  of.members[member] = true
  removals[key] = of
end

local function keep(key, member)
  if removals[key] then removals[key].members[member] = nil end
end

local function zadd(key, score, member)
  redis.call('ZADD', key, score, member)
  keep(key, member)
end

-- Ends each script that changes something.
local function finish()
  for key, of in pairs(removals) do
    local members = {}
    for member in pairs(of.members) do members[#members + 1] = member end
    for from = 1, #members, 1000 do
      redis.call(of.command, key, unpack(members, from, math.min(from + 999, #members)))
    end
  end
  if last then redis.call('SET', COUNTER, text(last), 'PX', 86400000) end
end

local function count()
  last = last or math.max(tonumber(redis.call('GET', COUNTER) or 0), micros())
  last = last + 1
  return last
end

local function load(number)
  local found = redis.call('HGET', MESSAGES, text(number))
  if not found then return nil end
  local message = cmsgpack.unpack(found)
  return {
    number = number, priority = message[1], line = message[2], attempts = message[3],
    delivery = message[4], where = message[5], since = message[6],
  }
end

local function save(message)
  redis.call('HSET', MESSAGES, text(message.number), cmsgpack.pack({
    message.priority, message.line, message.attempts, message.delivery, message.where,
    message.since,
  }))
end

local function shown(message)
  return string.char(255 - message.priority) .. big(message.since) .. big(message.number)
end

-- Takes a message from where it is, puts it there, and saves it.
local function place(message, where, since)
  if message.where == 'v' then remove('ZREM', VISIBLE, shown(message)) end
  if message.where == 'h' and where ~= 'h' then remove('ZREM', HIDDEN, big(message.number)) end
  message.where, message.since = where, since
  if where == 'v' then zadd(VISIBLE, 0, shown(message)) end
  if where == 'h' then zadd(HIDDEN, text(since), big(message.number)) end
  save(message)
end

-- Makes visible what was hidden until now. Whether that was all of it.
local function wake(now)
  local due = redis.call('ZRANGEBYSCORE', HIDDEN, '-inf', text(now), 'LIMIT', 0, WOKEN_MAX)
  for _, member in ipairs(due) do
    local message = load(small(member, 1))
    if message then place(message, 'v', count()) else remove('ZREM', HIDDEN, member) end
  end
  return #due < WOKEN_MAX
end

-- The first of a line, or the first after a message, and the one after that.
local function in_line(line, number)
  local after = number and '(' .. line .. big(number) or '[' .. line
  local all = '[' .. line .. string.rep('\255', 9)
  return redis.call('ZRANGEBYLEX', LINES, after, all, 'LIMIT', 0, 2)
end

-- Adds a message at the end of its line, or of its priority.
local function add(id_and_body, priority, line, visible_at, now, all_woken)
  local message = {number = count(), priority = priority, line = line, attempts = 0, delivery = 0}
  redis.call('HSET', BODIES, text(message.number), id_and_body)
  if line then
    local is_first = #in_line(line) == 0
    zadd(LINES, 0, line .. big(message.number))
    if not is_first then
      return place(message, 'b', visible_at <= now and 0 or visible_at)
    end
  end
  if visible_at > now then return place(message, 'h', visible_at) end
  -- Behind all that should have been made visible before it.
  if not all_woken then return place(message, 'h', now) end
  place(message, 'v', count())
end

-- Removes a message. The first of those that are left in its line moves up: whether there is one.
local function leave(message)
  if message.where == 'v' then remove('ZREM', VISIBLE, shown(message)) end
  if message.where == 'h' then remove('ZREM', HIDDEN, big(message.number)) end
  remove('HDEL', MESSAGES, text(message.number))
  remove('HDEL', BODIES, text(message.number))
  if not message.line then return false end
  local own = message.line .. big(message.number)
  remove('ZREM', LINES, own)
  local line = in_line(message.line)
  local first = line[1] == own and line[2] or line[1]
  local next = first and load(small(first, 9))
  if not next or next.where ~= 'b' then return false end
  place(next, 'h', next.since)
  return true
end

-- Puts a message among the dead letters, unless one of its id is there.
local function bury(id, body, attempts, reason, died_at)
  if redis.call('HEXISTS', LETTER_BODIES, id) == 1 then return end
  local letter = died_at .. struct.pack('>I4I4', attempts, #reason) .. reason .. body
  redis.call('HSET', LETTER_BODIES, id, letter)
  redis.call('ZADD', LETTERS, 0, died_at .. id)
end

-- Takes a letter out, and returns its body.
local function unbury(id)
  local letter = redis.call('HGET', LETTER_BODIES, id)
  if not letter then return nil end
  remove('ZREM', LETTERS, string.sub(letter, 1, 8) .. id)
  remove('HDEL', LETTER_BODIES, id)
  local _, reason_bytes = struct.unpack('>I4I4', letter, 9)
  return string.sub(letter, 17 + reason_bytes)
end

local function is_idle() return redis.call('ZCARD', VISIBLE) == 0 end

-- When the first hidden message becomes visible.
local function next_due()
  local first = redis.call('ZRANGE', HIDDEN, 0, 0, 'WITHSCORES')[2]
  return first and tonumber(first) or math.huge
end

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
-- Writes and, after them, removals wait for the end of the script: there are fewer of them then, and no
-- key goes and comes back within it. What is read of a sorted set is as it was last written.
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

local writes, removals, known, changed, last = {}, {}, {}, {}, nil

-- Removes a member of a sorted set or a field of a hash.
local function remove(command, key, member)
  local of = removals[key] or {command = command, members = {}}
  of.members[member] = true
  removals[key] = of
end

local function is_removed(key, member)
  return removals[key] ~= nil and removals[key].members[member] ~= nil
end

local function put(command, key, first, second, member)
  local of = writes[key] or {command = command, pairs = {}}
  of.pairs[#of.pairs + 1] = first
  of.pairs[#of.pairs + 1] = second
  writes[key] = of
  if removals[key] then removals[key].members[member] = nil end
end

local function zadd(key, score, member) put('ZADD', key, score, member, member) end

-- For what the same script reads.
local function zadd_now(key, score, member)
  redis.call('ZADD', key, score, member)
  if removals[key] then removals[key].members[member] = nil end
end

local function each(command, key, items)
  for from = 1, #items, 1000 do
    redis.call(command, key, unpack(items, from, math.min(from + 999, #items)))
  end
end

-- Writes what was put so far.
local function write()
  for number, message in pairs(changed) do
    if not is_removed(MESSAGES, text(number)) then
      put('HSET', MESSAGES, text(number), cmsgpack.pack({
        message.priority, message.line, message.attempts, message.delivery, message.where,
        message.since,
      }), text(number))
    end
  end
  for key, of in pairs(writes) do each(of.command, key, of.pairs) end
  writes, changed = {}, {}
end

-- Ends each script that changes something.
local function finish()
  write()
  for key, of in pairs(removals) do
    local members = {}
    for member in pairs(of.members) do members[#members + 1] = member end
    each(of.command, key, members)
  end
  if last then redis.call('SET', COUNTER, text(last), 'PX', 86400000) end
end

local function count()
  last = last or math.max(tonumber(redis.call('GET', COUNTER) or 0), micros())
  last = last + 1
  return last
end

-- Reads several messages at once, so that `load` finds them.
local function preload(numbers)
  for from = 1, #numbers, 1000 do
    local fields = {}
    for at = from, math.min(from + 999, #numbers) do fields[#fields + 1] = text(numbers[at]) end
    local found = redis.call('HMGET', MESSAGES, unpack(fields))
    for at, packed in ipairs(found) do
      local number, message = numbers[from + at - 1], packed and cmsgpack.unpack(packed)
      known[number] = message and {
        number = number, priority = message[1], line = message[2], attempts = message[3],
        delivery = message[4], where = message[5], since = message[6],
      }
    end
  end
end

local function load(number)
  if known[number] == nil then preload({number}) end
  return known[number] or nil
end

local function save(message)
  known[message.number], changed[message.number] = message, message
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
  local numbers = {}
  for at, member in ipairs(due) do numbers[at] = small(member, 1) end
  preload(numbers)
  for _, member in ipairs(due) do
    local message = load(small(member, 1))
    if message then place(message, 'v', count()) else remove('ZREM', HIDDEN, member) end
  end
  return #due < WOKEN_MAX
end

-- The first of a line, or the first after a message.
local function in_line(line, number)
  local after = number and '(' .. line .. big(number) or '[' .. line
  local all = '[' .. line .. string.rep('\255', 9)
  repeat
    local first = redis.call('ZRANGEBYLEX', LINES, after, all, 'LIMIT', 0, 1)[1]
    if not first or not is_removed(LINES, first) then return first end
    after = '(' .. first
  until false
end

-- Adds a message at the end of its line, or of its priority.
local function add(id_and_body, priority, line, visible_at, now, all_woken)
  local message = {number = count(), priority = priority, line = line, attempts = 0, delivery = 0}
  put('HSET', BODIES, text(message.number), id_and_body, text(message.number))
  if line then
    local is_first = not in_line(line)
    zadd_now(LINES, 0, line .. big(message.number))
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
  known[message.number] = false
  if not message.line then return false end
  remove('ZREM', LINES, message.line .. big(message.number))
  local first = in_line(message.line)
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

-- Shared beginning of the scripts of a queue. Follows clock.lua.
--
-- KEYS of all of them: counter, rows, bodies, visible, hidden, lines, dedup keys, letters, bodies of
--   letters
--
-- A message has a number of our own, since ids may repeat, and a token: number, delivery or zeros,
-- priority, attempts, and its ordering key if it has one. Where a message is says all of it: visible:
-- 255 - priority, order, token; hidden: token, by time. Only some have a row too, by number: 'b', until
-- when or 0, token, of those behind others of their key, which are nowhere else; 'v', order, token, of
-- visible ones that an old receipt still settles. Lines: ordering key, number. One counter gives
-- numbers, orders and deliveries; it is at least the server's microseconds, so that it may be forgotten.
--
-- Additions and, after them, removals wait for the end of the script: there are fewer commands then,
-- and no key goes and comes back within it. What is read of the store is as it was last written.
local COUNTER, ROWS, BODIES = KEYS[1], KEYS[2], KEYS[3]
local VISIBLE, HIDDEN, LINES = KEYS[4], KEYS[5], KEYS[6]
local DEDUP, LETTERS, LETTER_BODIES = KEYS[7], KEYS[8], KEYS[9]
local ADDS = {[BODIES] = 'HSET', [ROWS] = 'HSET', [LETTER_BODIES] = 'HSET'}
local REMOVES = {[BODIES] = 'HDEL', [ROWS] = 'HDEL', [LETTER_BODIES] = 'HDEL'}
local NO_DELIVERY = string.rep('\0', 8)
-- How many messages one script makes visible.
local WOKEN_MAX = 1000

local byte, char, sub = string.byte, string.char, string.sub
local pack, unpack_bytes = struct.pack, struct.unpack

local function big(number) return pack('>I8', number) end

local function small(bytes, from) return (unpack_bytes('>I8', bytes, from)) end

local added, removed, last = {}, {}, nil
-- Whether a message became visible, and when the first of those that were hidden will.
local is_shown, least_due = false, math.huge

-- Adds a member of a sorted set with its score, or a field of a hash with its value.
local function add(key, member, value)
  local of = added[key]
  if not of then
    of = {}
    added[key] = of
  end
  of[member] = value
  if removed[key] then removed[key][member] = nil end
end

local function remove(key, member)
  local of = removed[key]
  if not of then
    of = {}
    removed[key] = of
  end
  of[member] = true
  if added[key] then added[key][member] = nil end
end

local function is_removed(key, member) return removed[key] ~= nil and removed[key][member] ~= nil end

local function each(command, key, items)
  for from = 1, #items, 1000 do
    redis.call(command, key, unpack(items, from, math.min(from + 999, #items)))
  end
end

-- Writes what was added so far.
local function write()
  for key, of in pairs(added) do
    local items, count, command = {}, 0, ADDS[key]
    for member, value in pairs(of) do
      items[count + 1], items[count + 2] = command and member or value, command and value or member
      count = count + 2
    end
    each(command or 'ZADD', key, items)
  end
  added = {}
end

-- Ends each script that changes something.
local function finish()
  write()
  for key, of in pairs(removed) do
    local members, count = {}, 0
    for member in pairs(of) do
      count = count + 1
      members[count] = member
    end
    each(REMOVES[key] or 'ZREM', key, members)
  end
  if last then redis.call('SET', COUNTER, text(last), 'PX', 86400000) end
end

local function count()
  last = (last or math.max(tonumber(redis.call('GET', COUNTER) or 0), micros())) + 1
  return last
end

local function number_of(token) return sub(token, 1, 8) end

local function line_of(token) return sub(token, 22) end

-- The same message when no receipt is good for it.
local function returned(token) return number_of(token) .. NO_DELIVERY .. sub(token, 17) end

local function shown(token, order) return char(255 - byte(token, 17)) .. order .. token end

local function row_of(number)
  if is_removed(ROWS, number) then return nil end
  return added[ROWS] and added[ROWS][number] or redis.call('HGET', ROWS, number) or nil
end

local function is_behind(row) return row and sub(row, 1, 1) == 'b' end

local function hide(token, at)
  add(HIDDEN, token, text(at))
  least_due = math.min(least_due, at)
end

local function show(token)
  local order = big(count())
  add(VISIBLE, shown(token, order), '0')
  if sub(token, 9, 16) ~= NO_DELIVERY then add(ROWS, number_of(token), 'v' .. order .. token) end
  is_shown = true
end

-- Makes visible what was hidden until now. Whether that was all of it.
local function wake(now)
  local due = redis.call('ZRANGEBYSCORE', HIDDEN, '-inf', text(now), 'LIMIT', 0, WOKEN_MAX)
  for _, token in ipairs(due) do
    show(token)
    remove(HIDDEN, token)
  end
  return #due < WOKEN_MAX
end

-- The number of the first of a line, or of the first after a message.
local function in_line(line, number)
  local after = number and '(' .. line .. number or '[' .. line
  local all = '[' .. line .. string.rep('\255', 9)
  repeat
    local first = redis.call('ZRANGEBYLEX', LINES, after, all, 'LIMIT', 0, 1)[1]
    if not first then return nil end
    if not is_removed(LINES, first) then return sub(first, 9) end
    after = '(' .. first
  until false
end

-- Lines that are known to have somebody.
local occupied = {}

-- Adds a message at the end of its line, or of its priority.
local function accept(id_and_body, priority, line, visible_at, now, all_woken)
  local number = big(count())
  local token = number .. NO_DELIVERY .. char(priority) .. '\0\0\0\0' .. line
  add(BODIES, number, id_and_body)
  if line ~= '' then
    add(LINES, line .. number, '0')
    local is_first = not (occupied[line] or in_line(line))
    occupied[line] = true
    if not is_first then
      return add(ROWS, number, 'b' .. big(visible_at <= now and 0 or visible_at) .. token)
    end
  end
  if visible_at > now then return hide(token, visible_at) end
  -- Behind all that should have been made visible before it.
  if not all_woken then return hide(token, now) end
  add(VISIBLE, shown(token, number), '0')
  is_shown = true
end

-- Removes a message from its line for good. The first of those that are left there moves up: whether
-- there is one.
local function leave(token)
  local number, line = number_of(token), line_of(token)
  remove(BODIES, number)
  if line == '' then return false end
  remove(LINES, line .. number)
  local next = in_line(line)
  local row = next and row_of(next)
  if not is_behind(row) then return false end
  remove(ROWS, next)
  hide(sub(row, 10), small(row, 2))
  return true
end

-- Puts a message among the dead letters, unless one of its id is there.
local function bury(id, body, attempts, reason, died_at)
  if redis.call('HEXISTS', LETTER_BODIES, id) == 1 then return end
  local letter = died_at .. pack('>I4I4', attempts, #reason) .. reason .. body
  redis.call('HSET', LETTER_BODIES, id, letter)
  redis.call('ZADD', LETTERS, 0, died_at .. id)
end

-- Takes a letter out, and returns its body.
local function unbury(id)
  local letter = redis.call('HGET', LETTER_BODIES, id)
  if not letter then return nil end
  remove(LETTERS, sub(letter, 1, 8) .. id)
  remove(LETTER_BODIES, id)
  local _, reason_bytes = unpack_bytes('>I4I4', letter, 9)
  return sub(letter, 17 + reason_bytes)
end

local function is_idle() return redis.call('ZCARD', VISIBLE) == 0 end

-- When the first hidden message becomes visible.
local function next_due()
  local first = redis.call('ZRANGE', HIDDEN, 0, 0, 'WITHSCORES')[2]
  return first and tonumber(first) or math.huge
end

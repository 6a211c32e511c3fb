-- Commits turns of partitions, and forgets delivered outbox entries. In a cluster of one partition.
--
-- KEYS: for each partition its tenure and lives, then, where its flags say so, actors, outbox, timers
--   and ends of marks; then for each actor its journal and notes, and with the flags timers and marks
-- ARGV: for each partition the epoch of the tenure; how many keys and arguments it has, how many
--   actors, turns and ranges, and the flags, packed;
--   then for each turn packed numbers: which actor, expected incarnation, expected place, where to trim
--   or 0, 's' if the record holds a snapshot or 'l' if the turn is too large, how many messages, timer
--   changes and marks, and the commit id; the record; each message with its place; of each timer change
--   its key and its time, '' to clear it; of a mark its key and value;
--   then the bounds of each range to forget
-- Returns for each partition 'f' and the epoch that fences it, 'i' if a trim is invalid, or 'd' and an
--   outcome for each turn: 'c' committed, 'a' already, 'l' too large, 'x', incarnation, place: conflict.
--
-- Nothing is written before all turns are decided, and nothing is removed before all is added: no key
-- goes and comes back within the script, which a cluster would refuse half-way while it moves the slot.
local sub, pack, unpack_bytes = string.sub, struct.pack, struct.unpack
local at, key_at = 0, 0
local function take()
  at = at + 1
  return ARGV[at]
end
local function take_key(is_there)
  if is_there == 0 then return nil end
  key_at = key_at + 1
  return KEYS[key_at]
end

-- An actor, to whose fields in the journal its new records are added: each with its place, from the
-- third on.
local function take_actor(part, has_timers, has_marks)
  local journal, notes = take_key(), take_key()
  local name = sub(journal, #part.tenure + 2)
  local life, last, snapshot, first = ends(journal, part.lives, name)
  return {
    name = name, journal = journal, notes = notes, fields = {'h', ''},
    timers = take_key(has_timers), marks = take_key(has_marks),
    life = life, last = last, snapshot = snapshot, first = first, stored = last, begins = first,
  }
end

local function decide(actor, life, expected, commit, kind, trim)
  local place = expected + 1
  local found = place > actor.stored and actor.fields[2 * (place - actor.stored) + 2]
  if found then
    found = sub(found, 1, 16)
  elseif place >= actor.begins and place <= actor.stored then
    found = commit_at(actor.journal, place)
  end
  if found == commit then return 'a' end
  if actor.failed or life ~= actor.life or expected ~= actor.last then
    actor.failed = true
    return 'x' .. big(actor.life) .. big(actor.last)
  end
  if kind == 'l' then
    actor.failed = true
    return 'l'
  end
  local snapshot = kind == 's' and place or actor.snapshot
  if trim > snapshot then return nil end
  actor.last, actor.snapshot = place, snapshot
  return 'c'
end

-- Decides a turn: its outcome, or nothing if its trim is invalid.
local function take_turn(part)
  local index, life, expected, trim, kind, messages, timers, marks, commit =
    unpack_bytes('>I4I8I8I8c1I4I4I4c16', take())
  local record, actor = take(), part.actors[index]
  local outcome = decide(actor, life, expected, commit, kind, trim)
  if outcome == 'a' then part.again = true end
  if outcome ~= 'c' then
    at = at + messages + 2 * timers + 2 * marks
    return outcome
  end
  local fields = actor.fields
  fields[#fields + 1] = big(actor.last)
  fields[#fields + 1] = commit .. record
  if trim > actor.first then actor.first = trim end
  if messages > 0 then
    local sent = part.sent or {}
    part.sent = sent
    for _ = 1, messages do
      sent[#sent + 1] = '0'
      sent[#sent + 1] = take()
    end
  end
  if timers > 0 then
    actor.was, actor.is = actor.was or {}, actor.is or {}
    for _ = 1, timers do
      local key, due = take(), take()
      if actor.was[key] == nil then actor.was[key] = redis.call('HGET', actor.timers, key) end
      actor.is[key] = due ~= '' and due
    end
  end
  if marks > 0 then
    local set, marked = actor.set or {}, part.marked or {}
    actor.set, part.marked = set, marked
    for _ = 1, marks do
      local key, value = take(), take()
      set[#set + 1] = key
      set[#set + 1] = value
      marked[#marked + 1] = '0'
      marked[#marked + 1] = sub(value, 1, 8) .. actor.name .. '\0' .. key
    end
  end
  return outcome
end

-- Decides the turns of a partition: the answer, and what is to be written if there is anything.
local function take_part(epoch, actors, turns, ranges, has_new, has_sent, has_timers, has_marks)
  local part = {tenure = take_key(), lives = take_key(), ranges = ranges}
  local greatest = fenced(part.tenure, epoch)
  if greatest then return 'f' .. greatest end
  part.names, part.outbox = take_key(has_new), take_key(has_sent)
  part.timers, part.ends = take_key(has_timers), take_key(has_marks)
  part.actors = {}
  for index = 1, actors do part.actors[index] = take_actor(part, has_timers, has_marks) end
  local outcomes = {'d'}
  for index = 1, turns do
    outcomes[index + 1] = take_turn(part)
    if not outcomes[index + 1] then return 'i' end
  end
  part.ranges_at = at
  return table.concat(outcomes), part
end

local answers, parts = {}, {}
while at < #ARGV do
  local epoch = take()
  local keys, arguments, actors, turns, ranges, has_new, has_sent, has_timers, has_marks =
    unpack_bytes('>I4I4I4I4I4BBBB', take())
  local next_key, next_argument = key_at + keys, at + arguments
  local answer, part = take_part(epoch, actors, turns, ranges, has_new, has_sent, has_timers, has_marks)
  answers[#answers + 1], parts[#parts + 1] = answer, part
  key_at, at = next_key, next_argument
end

local function each(command, key, items)
  for from = 1, #items, 1000 do
    redis.call(command, key, unpack(items, from, math.min(from + 999, #items)))
  end
end

local removals, notes = {}, {}
local function remove_later(command, key, items)
  if #items > 0 then removals[#removals + 1] = {command, key, items} end
end

local function write_timers(part, actor)
  local set, due, undue, cleared = {}, {}, {}, {}
  for key, is in pairs(actor.is) do
    local was, member = actor.was[key], actor.name .. '\0' .. key
    if is and is ~= was then
      set[#set + 1] = key
      set[#set + 1] = is
      due[#due + 1] = '0'
      due[#due + 1] = is .. member
    end
    if was and is ~= was then undue[#undue + 1] = was .. member end
    if was and not is then cleared[#cleared + 1] = key end
  end
  each('HSET', actor.timers, set)
  each('ZADD', part.timers, due)
  remove_later('ZREM', part.timers, undue)
  remove_later('HDEL', actor.timers, cleared)
end

-- Adds what an actor has now, and leaves what it has no more for later.
local function write_actor(part, actor)
  local fields = actor.fields
  if actor.first > actor.stored + 1 then
    -- Records that were trimmed at once are not written.
    fields = {'h', ''}
    for from = 2 * (actor.first - actor.stored) + 1, #actor.fields do
      fields[#fields + 1] = actor.fields[from]
    end
  end
  fields[2] = pack('>I8I8I8I8', actor.life, actor.last, actor.snapshot, actor.first)
  each('HSET', actor.journal, fields)
  if actor.stored == 0 then redis.call('ZADD', part.names, '0', actor.name) end
  if actor.is then write_timers(part, actor) end
  if actor.set then each('HSET', actor.marks, actor.set) end
  if actor.begins < actor.first then
    local trimmed = {}
    for place = actor.begins, math.min(actor.first - 1, actor.stored) do
      trimmed[#trimmed + 1] = big(place)
    end
    remove_later('HDEL', actor.journal, trimmed)
  end
  notes[#notes + 1] = actor.notes
end

for _, part in ipairs(parts) do
  for _, actor in ipairs(part.actors) do
    if actor.last > actor.stored then write_actor(part, actor) end
  end
  if part.sent then each('ZADD', part.outbox, part.sent) end
  if part.marked then each('ZADD', part.ends, part.marked) end
end

for _, removal in ipairs(removals) do each(removal[1], removal[2], removal[3]) end
for from = 1, #notes, 1000 do
  redis.call('DEL', unpack(notes, from, math.min(from + 999, #notes)))
end
for _, part in ipairs(parts) do
  -- Whoever waits for replicas waits for the last write of its connection: an answer that something
  -- was written before needs one.
  if part.again then redis.call('HINCRBY', part.tenure, 'w', 1) end
  at = part.ranges_at
  for _ = 1, part.ranges do redis.call('ZREMRANGEBYLEX', part.outbox, take(), take()) end
end
return answers

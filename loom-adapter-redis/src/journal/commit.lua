-- Commits a batch of turns of one partition, and forgets delivered outbox entries.
--
-- KEYS: tenure, outbox, timers, ends of marks, actors, lives; then for each actor its journal,
--   notes, timers and marks
-- ARGV: epoch; a count of actors, and their names; a count of turns, and for each: which actor,
--   expected incarnation, expected place, commit id, 's' if the record holds a snapshot, 'l' if the
--   turn is too large, where to trim or '', the record; a count of messages, and each with its place;
--   a count of timer changes, and for each its key and its time, '' to clear it; a count of marks, 0
--   or 1, and its key and value; then a count of ranges to forget, and the bounds of each
-- Returns {'fenced', epoch}, {'invalid'}, or {'done', an outcome for each turn}, where an outcome is
--   'c' committed, 'a' already, 'l' too large, 'x <incarnation> <place>' conflict.
--
-- Nothing is written before all turns are decided, and nothing is removed before all is added: no key
-- goes and comes back within the script, which a cluster would refuse half-way while it moves the slot.
local at = 0
local function take()
  at = at + 1
  return ARGV[at]
end
local function count() return tonumber(take()) end

local epoch = take()
local greatest = fenced(KEYS[1], epoch)
if greatest then return {'fenced', greatest} end

local actors = {}
for index = 1, count() do
  local name, base = take(), 6 + 4 * (index - 1)
  local actor = {
    name = name, journal = KEYS[base + 1], notes = KEYS[base + 2], timers = KEYS[base + 3],
    marks = KEYS[base + 4], commits = {}, records = {}, was = {}, is = {}, set = {},
  }
  actor.life, actor.last, actor.snapshot, actor.first = ends(actor.journal, KEYS[6], name)
  actor.stored, actor.begins = actor.last, actor.first
  actors[index] = actor
end

local function decide(actor, turn)
  local place = turn.expected + 1
  local found = actor.commits[place]
    or (place >= actor.begins and place <= actor.stored and commit_at(actor.journal, place))
  if found == turn.commit then return 'a' end
  if actor.failed or turn.life ~= actor.life or turn.expected ~= actor.last then
    actor.failed = true
    return 'x ' .. text(actor.life) .. ' ' .. text(actor.last)
  end
  if turn.large then
    actor.failed = true
    return 'l'
  end
  local snapshot = turn.snapshot and place or actor.snapshot
  if turn.trim and turn.trim > snapshot then return nil end
  actor.last, actor.snapshot, actor.commits[place] = place, snapshot, turn.commit
  return 'c'
end

local outcomes, sent, marked, again = {'done'}, {}, {}, false
for index = 1, count() do
  local actor = actors[count()]
  local turn = {life = count(), expected = count(), commit = take()}
  local kind, trim, record = take(), take(), take()
  turn.snapshot, turn.large, turn.trim = kind == 's', kind == 'l', tonumber(trim)
  local outcome = decide(actor, turn)
  if not outcome then return {'invalid'} end
  local commits = outcome == 'c'
  again = again or outcome == 'a'
  outcomes[index + 1] = outcome

  if commits then
    actor.records[actor.last] = turn.commit .. record
    if turn.trim then actor.first = math.max(actor.first, turn.trim) end
  end
  for _ = 1, count() do
    local message = take()
    if commits then
      sent[#sent + 1] = 0
      sent[#sent + 1] = message
    end
  end
  for _ = 1, count() do
    local key, due = take(), take()
    if commits then
      if actor.was[key] == nil then actor.was[key] = redis.call('HGET', actor.timers, key) end
      actor.is[key] = due ~= '' and due
    end
  end
  for _ = 1, count() do
    local key, value = take(), take()
    if commits then
      actor.set[#actor.set + 1] = key
      actor.set[#actor.set + 1] = value
      marked[#marked + 1] = 0
      marked[#marked + 1] = string.sub(value, 1, 8) .. actor.name .. '\0' .. key
    end
  end
end

local function each(command, key, items)
  for from = 1, #items, 1000 do
    redis.call(command, key, unpack(items, from, math.min(from + 999, #items)))
  end
end

local due, undue, removed = {}, {}, {}
for _, actor in ipairs(actors) do
  if actor.last > actor.stored then
    local written = {'h', table.concat(
      {text(actor.life), text(actor.last), text(actor.snapshot), text(actor.first)}, ' ')}
    for place = math.max(actor.stored + 1, actor.first), actor.last do
      written[#written + 1] = text(place)
      written[#written + 1] = actor.records[place]
    end
    each('HSET', actor.journal, written)
    if actor.stored == 0 then redis.call('ZADD', KEYS[5], 0, actor.name) end

    local set, cleared = {}, {}
    for key, is in pairs(actor.is) do
      local was, member = actor.was[key], actor.name .. '\0' .. key
      if is and is ~= was then
        set[#set + 1] = key
        set[#set + 1] = is
        due[#due + 1] = 0
        due[#due + 1] = is .. member
      end
      if was and is ~= was then undue[#undue + 1] = was .. member end
      if was and not is then cleared[#cleared + 1] = key end
    end
    each('HSET', actor.timers, set)
    each('HSET', actor.marks, actor.set)
    local trimmed = {}
    for place = actor.begins, math.min(actor.first - 1, actor.stored) do
      trimmed[#trimmed + 1] = text(place)
    end
    removed[#removed + 1] = {actor, cleared, trimmed}
  end
end
each('ZADD', KEYS[2], sent)
each('ZADD', KEYS[3], due)
each('ZADD', KEYS[4], marked)

each('ZREM', KEYS[3], undue)
for _, of in ipairs(removed) do
  local actor, cleared, trimmed = of[1], of[2], of[3]
  each('HDEL', actor.timers, cleared)
  each('HDEL', actor.journal, trimmed)
  redis.call('DEL', actor.notes)
end
-- Whoever waits for replicas waits for the last write of its connection: an answer that something
-- was written before needs one.
if again then redis.call('HINCRBY', KEYS[1], 'w', 1) end
for _ = 1, count() do redis.call('ZREMRANGEBYLEX', KEYS[2], take(), take()) end
return outcomes

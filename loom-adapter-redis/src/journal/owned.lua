-- Shared beginning of the scripts that only the owner of a partition may run.

-- The greatest epoch, if it is not that of the present tenure.
local function fenced(tenure, epoch)
  local found = redis.call('HMGET', tenure, 'e', 'h')
  if not found[2] or found[1] ~= epoch then return found[1] or '0' end
end

local function text(number) return string.format('%.0f', number) end

-- The end of a journal: incarnation, last record, last snapshot, first record.
local function ends(journal, lives, actor)
  local found = redis.call('HGET', journal, 'h')
  if not found then return tonumber(redis.call('HGET', lives, actor) or 0), 0, 0, 1 end
  local life, last, snapshot, first = string.match(found, '^(%d+) (%d+) (%d+) (%d+)$')
  return tonumber(life), tonumber(last), tonumber(snapshot), tonumber(first)
end

-- The commit that wrote a record.
local function commit_at(journal, place)
  local record = redis.call('HGET', journal, text(place))
  return record and string.sub(record, 1, 16)
end

-- Shared beginning of the scripts that only the owner of a partition may run.

-- The least incarnation of an actor of the partition that was asked for last. Known once it is known
-- who owns it.
local life_min

-- The greatest epoch, if it is not that of the present tenure. A tenure ends with the past in which
-- it began: what another server has, or this one after a restart, may be older.
local function fenced(tenure, epoch)
  local found = redis.call('HMGET', tenure, 'e', 'h', 'p', 'i')
  if not found[2] or found[1] ~= epoch or found[3] ~= past() then return found[1] or '0' end
  life_min = tonumber(found[4])
end

local function text(number) return string.format('%.0f', number) end

local function big(number) return struct.pack('>I8', number) end

-- The end of a journal: incarnation, last record, last snapshot, first record.
local function ends(journal, lives, actor)
  local found = redis.call('HGET', journal, 'h')
  if not found then
    return math.max(tonumber(redis.call('HGET', lives, actor) or 0), life_min), 0, 0, 1
  end
  local life, last, snapshot, first = struct.unpack('>I8I8I8I8', found)
  return math.max(life, life_min), last, snapshot, first
end

-- The commit that wrote a record.
local function commit_at(journal, place)
  local record = redis.call('HGET', journal, big(place))
  return record and string.sub(record, 1, 16)
end

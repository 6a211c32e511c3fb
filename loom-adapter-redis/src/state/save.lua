-- Replaces or deletes a state if what is stored is older.
--
-- KEYS: states, names, deletions
-- ARGV: key, head (incarnation, place: 16 bytes), 'save' or 'delete', the state as stored
-- Returns '' or the head that is stored.
--
-- Names are in the order of their bytes, for queries. Deletions are heads of 16 bytes, kept so that
-- a late save is known to be late.

-- Below 0, 0 or above, as the left head is before, at or after the right one.
local function compare(left, right)
  local l, r = {struct.unpack('>I4I4I4I4', left)}, {struct.unpack('>I4I4I4I4', right)}
  for part = 1, 4 do
    if l[part] ~= r[part] then return l[part] - r[part] end
  end
  return 0
end

local key, head, saves = ARGV[1], ARGV[2], ARGV[3] == 'save'
local stored = redis.call('HGET', KEYS[1], key) or redis.call('HGET', KEYS[3], key)
if stored then
  stored = string.sub(stored, 1, 16)
  local order = compare(head, stored)
  if order < 0 or (order == 0 and saves) then return stored end
end
if saves then
  redis.call('HSET', KEYS[1], key, ARGV[4])
  redis.call('ZADD', KEYS[2], 0, key)
  redis.call('HDEL', KEYS[3], key)
else
  redis.call('HSET', KEYS[3], key, head)
  redis.call('HDEL', KEYS[1], key)
  redis.call('ZREM', KEYS[2], key)
end
return ''

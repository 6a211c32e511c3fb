-- Stores a small value.
--
-- KEYS: values
-- ARGV: name, the value as stored (an etag of 64 characters, and its bytes), 'always', 'absent' or
--   'match', the etag to match, the most values
-- Returns {'stored'}, {'refused', what is stored or ''} or {'full'}.
local found = redis.call('HGET', KEYS[1], ARGV[1])
local differs = not found or string.sub(found, 1, 64) ~= ARGV[4]
if (ARGV[3] == 'absent' and found) or (ARGV[3] == 'match' and differs) then
  return {'refused', found or ''}
end
if not found and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[5]) then return {'full'} end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return {'stored'}

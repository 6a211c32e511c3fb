-- Claims, renews or releases a partition.
--
-- KEYS: tenure
-- ARGV: now, time source, then one of
--   'claim', host, lease in milliseconds  -> {'granted', epoch} or {'held', host, until}
--   'renew', epoch, lease in milliseconds -> {'renewed', until} or {'fenced', epoch}
--   'release', epoch                      -> {'released'} or {'fenced', epoch}
--
-- The tenure is a hash: e, the greatest epoch; h, the holder; u, the end of its lease; p, the past of
-- the server in which it was claimed; i, the least incarnation of an actor. It has no holder once
-- released, and keeps its epoch. Epochs are at least the server's time, so that they do not come back
-- when a failover has forgotten the last ones; the first of another past is the least incarnation
-- from then on.
local now, offset = clock(ARGV[1], ARGV[2])
local tenure = redis.call('HMGET', KEYS[1], 'e', 'h', 'u', 'p', 'i')
local epoch, holder, ends = tonumber(tenure[1] or 0), tenure[2], tonumber(tenure[3] or 0)

if ARGV[3] == 'claim' then
  if holder and holder ~= ARGV[4] and ends > now then
    return {'held', holder, told(ends, offset)}
  end
  epoch = math.max(epoch + 1, math.floor(micros() / 1000))
  local was, is, life_min = tenure[4], past(), tenure[5] or '0'
  if was and was ~= is then life_min = text(epoch) end
  redis.call('HSET', KEYS[1], 'e', text(epoch), 'h', ARGV[4], 'u', text(after(now, ARGV[5])),
    'p', is, 'i', life_min)
  return {'granted', text(epoch)}
end

if not holder or text(epoch) ~= ARGV[4] or tenure[4] ~= past() then
  return {'fenced', text(epoch)}
end
if ARGV[3] == 'renew' then
  ends = after(now, ARGV[5])
  redis.call('HSET', KEYS[1], 'u', text(ends))
  return {'renewed', told(ends, offset)}
end
redis.call('HDEL', KEYS[1], 'h', 'u')
return {'released'}

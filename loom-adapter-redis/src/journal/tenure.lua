-- Claims or releases a partition, or renews the tenures of some.
--
-- KEYS: tenure of each
-- ARGV: now, time source, then one of
--   'claim', host, lease in milliseconds, a dead host or '' -> {'granted', epoch} or {'held', host, until}
--   'renew', lease in milliseconds, epoch of each -> of each 'renewed', until or 'fenced', epoch
--   'release', epoch -> {'released'} or {'fenced', epoch}
--
-- A tenure is a hash: e, the greatest epoch; h, the holder; u, the end of its lease; p, the past of
-- the server in which it was claimed; i, the least incarnation of an actor. It has no holder once
-- released, and keeps its epoch. Epochs are at least the server's time, so that they do not come back
-- when a failover has forgotten the last ones; the first of another past is the least incarnation
-- from then on. A tenure of another past is over, so it holds nobody off.
local now, offset = clock(ARGV[1], ARGV[2])
local is = past()

if ARGV[3] == 'renew' then
  local ends, answer = after(now, ARGV[4]), {}
  for place, key in ipairs(KEYS) do
    local tenure = redis.call('HMGET', key, 'e', 'h', 'p')
    if tenure[2] and tenure[1] == ARGV[4 + place] and tenure[3] == is then
      redis.call('HSET', key, 'u', text(ends))
      table.insert(answer, 'renewed')
      table.insert(answer, told(ends, offset))
    else
      table.insert(answer, 'fenced')
      table.insert(answer, tenure[1] or '0')
    end
  end
  return answer
end

local tenure = redis.call('HMGET', KEYS[1], 'e', 'h', 'u', 'p', 'i')
local epoch, holder, ends = tonumber(tenure[1] or 0), tenure[2], tonumber(tenure[3] or 0)

if ARGV[3] == 'claim' then
  local holds = holder and tenure[4] == is and ends > now
  if holds and holder ~= ARGV[4] and holder ~= ARGV[6] then
    return {'held', holder, told(ends, offset)}
  end
  epoch = math.max(epoch + 1, math.floor(micros() / 1000))
  local was, life_min = tenure[4], tenure[5] or '0'
  if was and was ~= is then life_min = text(epoch) end
  redis.call('HSET', KEYS[1], 'e', text(epoch), 'h', ARGV[4], 'u', text(after(now, ARGV[5])),
    'p', is, 'i', life_min)
  return {'granted', text(epoch)}
end

if not holder or text(epoch) ~= ARGV[4] or tenure[4] ~= is then
  return {'fenced', text(epoch)}
end
redis.call('HDEL', KEYS[1], 'h', 'u')
return {'released'}

-- Takes locks that are free or whose leases have ended.
--
-- KEYS: for each its counter of tokens, and the lock
-- ARGV: now, time source; then for each its owner, and its ttl in milliseconds
-- Returns for each 'h', the token as 8 bytes, until; or 'b' if it is busy, until.
--
-- One counter serves many locks, so that a lock need not be remembered once it is released. Tokens
-- are at least the server's microseconds, so that they do not come back when a failover has
-- forgotten the last ones.
local now, offset = clock(ARGV[1], ARGV[2])
local values, counted, answers = read(), {}, {}
for at = 1, #KEYS, 2 do
  local counter, key = KEYS[at], KEYS[at + 1]
  local lock = values[key]
  local ends = lock and ends_of(lock)
  if ends and ends > now then
    answers[#answers + 1] = 'b' .. told(ends, offset)
  else
    local token = math.max(tonumber(values[counter] or 0) + 1, micros())
    values[counter], counted[counter] = token, token
    ends = after(now, ARGV[at + 3])
    lock = big(token) .. big(ends) .. ARGV[at + 2]
    values[key] = lock
    keep(key, now, lock)
    answers[#answers + 1] = 'h' .. big(token) .. told(ends, offset)
  end
end
local counters = {}
for counter, token in pairs(counted) do
  counters[#counters + 1] = counter
  counters[#counters + 1] = text(token)
end
if #counters > 0 then redis.call('MSET', unpack(counters)) end
return answers

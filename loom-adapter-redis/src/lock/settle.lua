-- Renews or releases leases.
--
-- KEYS: the locks
-- ARGV: now, time source; then for each its token as 8 bytes, and the ttl in milliseconds or '' to
--   release it
-- Returns for each 'h' and until, 'r' if it is released, or 'l' if the lease was lost.
local now, offset
local values, released, answers = read(), {}, {}
for index, key in ipairs(KEYS) do
  local lock, token, length = values[key], ARGV[2 * index + 1], ARGV[2 * index + 2]
  local answer = 'l'
  if lock and string.sub(lock, 1, 8) == token then
    if length == '' then
      values[key], released[#released + 1], answer = false, key, 'r'
    else
      if not now then now, offset = clock(ARGV[1], ARGV[2]) end
      if ends_of(lock) > now then
        local ends = after(now, length)
        values[key] = token .. big(ends) .. string.sub(lock, 17)
        keep(key, now, values[key])
        answer = 'h' .. told(ends, offset)
      end
    end
  end
  answers[index] = answer
end
if #released > 0 then redis.call('DEL', unpack(released)) end
return answers

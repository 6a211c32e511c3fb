-- Takes visible messages.
--
-- ARGV: now, time source, the most messages, how long they are hidden in milliseconds
-- Returns {offset of the caller's time, when the next hidden message is due or ''; then for each
--   message its token, and id, zero and body}.
local now, offset = clock(ARGV[1], ARGV[2])
local most, ends = tonumber(ARGV[3]), after(now, ARGV[4])
local due = next_due()
if due <= now then
  wake(now)
  write()
end

-- What could be in this answer behind one that is in it, in the order of coming up.
local followers = {}
local function best_follower()
  local best
  for index, follower in ipairs(followers) do
    if not best or byte(follower, 17) > byte(followers[best], 17) then best = index end
  end
  return best
end

local delivery
local function deliver(token)
  delivery = delivery or big(count())
  local attempts = math.min(unpack_bytes('>I4', token, 18) + 1, 4294967295)
  return number_of(token) .. delivery .. sub(token, 17, 17) .. pack('>I4', attempts) .. line_of(token)
end

local visible, next_visible, tokens, numbers = {}, 1, {}, {}
if most > 0 then visible = redis.call('ZRANGE', VISIBLE, 0, most - 1) end
local ends_text = text(ends)
for index = 1, most do
  local member, follower = visible[next_visible], best_follower()
  local token, number
  if member and (not follower or 255 - byte(member) >= byte(followers[follower], 17)) then
    next_visible = next_visible + 1
    token = sub(member, 10)
    number = number_of(token)
    remove(VISIBLE, member)
    if sub(token, 9, 16) ~= NO_DELIVERY then remove(ROWS, number) end
    token = deliver(token)
    add(HIDDEN, token, ends_text)
  elseif follower then
    token = deliver(table.remove(followers, follower))
    number = number_of(token)
    add(ROWS, number, 'b' .. big(ends) .. token)
  else
    break
  end
  tokens[index], numbers[index] = token, number
  local line = line_of(token)
  local following = line ~= '' and in_line(line, number)
  local row = following and row_of(following)
  if is_behind(row) and small(row, 2) <= now then followers[#followers + 1] = sub(row, 10) end
end
finish()

local answer = {text(offset), ''}
if #tokens > 0 then
  local bodies = redis.call('HMGET', BODIES, unpack(numbers))
  for at, token in ipairs(tokens) do
    answer[2 * at + 1], answer[2 * at + 2] = token, bodies[at]
  end
end
if due <= now or #tokens > 0 then due = next_due() end
if due < math.huge then answer[2] = told(due, offset) end
return answer

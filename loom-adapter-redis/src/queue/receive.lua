-- Takes visible messages.
--
-- ARGV: now, time source, the most messages, how long they are hidden in milliseconds
-- Returns {offset of the caller's time, when the next hidden message is due or ''; then for each
--   message its number, its delivery, id, zero and body, and its attempts}.
local now, offset = clock(ARGV[1], ARGV[2])
local most, ends = tonumber(ARGV[3]), after(now, ARGV[4])
local due = next_due()
if due <= now then wake(now) end

-- What could be in this answer behind one that is in it, in the order of coming up.
local followers = {}
local function best_follower()
  local best
  for index, follower in ipairs(followers) do
    if not best or follower.priority > followers[best].priority then best = index end
  end
  return best
end

local visible, next_visible, answer = {}, 1, {text(offset), ''}
if most > 0 then visible = redis.call('ZRANGEBYLEX', VISIBLE, '-', '+', 'LIMIT', 0, most) end
for _ = 1, most do
  local member, index = visible[next_visible], best_follower()
  local priority = member and 255 - string.byte(member)
  local message
  if member and (not index or priority >= followers[index].priority) then
    next_visible = next_visible + 1
    message = load(small(member, 10))
  elseif index then
    message = table.remove(followers, index)
  else
    break
  end
  message.attempts = math.min(message.attempts + 1, 4294967295)
  message.delivery = count()
  place(message, message.where == 'b' and 'b' or 'h', ends)
  for _, part in ipairs({
    text(message.number), text(message.delivery),
    redis.call('HGET', BODIES, text(message.number)), message.attempts,
  }) do
    answer[#answer + 1] = part
  end
  local following = message.line and in_line(message.line, message.number)[1]
  local follower = following and load(small(following, 9))
  if follower and follower.where == 'b' and follower.since <= now then
    followers[#followers + 1] = follower
  end
end
finish()
if due <= now or #answer > 2 then due = next_due() end
if due < math.huge then answer[2] = told(due, offset) end
return answer

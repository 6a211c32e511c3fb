-- Settles a delivery.
--
-- ARGV: number, delivery, channel of the bell, name of the queue, then one of
--   'ack'; 'nack', until when; 'extend', until when; 'bury', when as 8 bytes, reason
-- Times are the store's. Returns 1 done or 0 expired.
local message = load(tonumber(ARGV[1]))
if not message or message.delivery == 0 or text(message.delivery) ~= ARGV[2] then return 0 end

local how, may_be_due = ARGV[5], false
if how == 'ack' then
  may_be_due = leave(message)
elseif how == 'bury' then
  local body = redis.call('HGET', BODIES, text(message.number))
  local split = string.find(body, '\0', 1, true)
  bury(string.sub(body, 1, split - 1), string.sub(body, split + 1), message.attempts, ARGV[7],
    ARGV[6])
  may_be_due = leave(message)
else
  may_be_due = message.since > tonumber(ARGV[6])
  if how == 'nack' then message.delivery, may_be_due = 0, true end
  place(message, message.where == 'b' and 'b' or 'h', tonumber(ARGV[6]))
end
finish()
-- Whoever waits has to look.
if may_be_due then redis.call('PUBLISH', ARGV[3], ARGV[4]) end
return 1

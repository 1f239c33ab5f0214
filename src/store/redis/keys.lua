-- Adds a key (with a third argument) or takes one out: 1 if that changed anything.
-- KEYS: the keys by name, their version.  ARGV: what, name, key.
local changed
if ARGV[1] == 'add' then
  changed = redis.call('HSETNX', KEYS[1], ARGV[2], ARGV[3])
else
  changed = redis.call('HDEL', KEYS[1], ARGV[2])
end
if changed == 1 then
  -- A version that never comes twice, not even where Redis lost what it knew: the time.
  local time = redis.call('TIME')
  local last = tonumber(redis.call('GET', KEYS[2]) or 0)
  local version = math.max(time[1] * 1000000 + time[2], last + 1)
  redis.call('SET', KEYS[2], string.format('%.0f', version))
end
return changed

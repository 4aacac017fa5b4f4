#!lua name=bliss_settings

-- The life of a Channel: a value, a number that only grows, and the processes that hold it, in one
-- hash (see _keys.py).  A holder is named by a pub/sub channel that only its connection is
-- subscribed to, so the server itself knows who is gone, however that came about.

local SWEPT = 2 -- others looked at whenever one is opened: what the dead left cannot pile up

local function is_alive(holder)
  return redis.call('PUBSUB', 'NUMSUB', holder)[2] > 0
end

-- Takes holders that are gone out of a Channel, and deletes it when none is left.
local function prune(key, index)
  local held = false
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if field ~= 'seq' and field ~= 'value' then
      if is_alive(field) then
        held = true
      else
        redis.call('HDEL', key, field)
      end
    end
  end
  if not held then
    redis.call('DEL', key)
    redis.call('SREM', index, key)
  end
end

local function store(key, changes, seq, value)
  redis.call('HSET', key, 'seq', seq, 'value', value)
  redis.call('PUBLISH', changes, seq .. ' ' .. value)
end

-- The larger of the next number and the server's clock in microseconds (exact in a double until
-- the year 2255), so that numbers grow even when the Channel was deleted in between.
local function next_seq(key, known)
  local last = math.max(tonumber(redis.call('HGET', key, 'seq') or 0), tonumber(known))
  local now = redis.call('TIME')
  return string.format('%.0f', math.max(last + 1, now[1] * 1000000 + now[2]))
end

-- Makes me a holder.
--   KEYS  the Channel, the index
--   ARGV  holder, pub/sub channel of changes, then, after a broken connection, seq and value as
--         they were when it broke: they win over an older value, as a server that was killed has
-- Returns seq and value, or nothing if no value has been set.
local function open(keys, args)
  local key, index = keys[1], keys[2]
  prune(key, index)
  redis.call('HSET', key, args[1], '')
  redis.call('SADD', index, key)
  if args[3] and tonumber(args[3]) > tonumber(redis.call('HGET', key, 'seq') or 0) then
    store(key, args[2], args[3], args[4])
  end
  for _, other in ipairs(redis.call('SRANDMEMBER', index, SWEPT)) do
    prune(other, index)
  end
  if redis.call('HEXISTS', key, 'seq') == 0 then
    return nil
  end
  return redis.call('HMGET', key, 'seq', 'value')
end

-- Gives a Channel a value, tells everyone, and makes me a holder.
--   KEYS  the Channel, the index
--   ARGV  holder, pub/sub channel of changes, value, the last seq I know
-- Returns the value's seq.
local function set(keys, args)
  local seq = next_seq(keys[1], args[4])
  store(keys[1], args[2], seq, args[3])
  redis.call('HSET', keys[1], args[1], '')
  redis.call('SADD', keys[2], keys[1])
  return seq
end

-- Makes me a holder no more; the last one takes the value along.
--   KEYS  the Channel, the index
--   ARGV  holder
local function close(keys, args)
  redis.call('HDEL', keys[1], args[1])
  prune(keys[1], keys[2])
end

-- On a full server too: a flag that stops a scan is most needed there, and closing makes room.
local always = {'allow-oom'}
redis.register_function{function_name='bliss_channel_open', callback=open, flags=always}
redis.register_function{function_name='bliss_channel_set', callback=set, flags=always}
redis.register_function{function_name='bliss_channel_close', callback=close, flags=always}

-- Adds to a whole number in a hash of msgpack values.
--   KEYS  the hash
--   ARGV  field, what to add, msgpack of the number to start at if there is no field
-- Returns the sum, in decimal.
local function incr(keys, args)
  local data = redis.call('HGET', keys[1], args[1]) or args[3]
  local read, number = pcall(cmsgpack.unpack, data)
  if not read or type(number) ~= 'number' or number % 1 ~= 0 then
    return redis.error_reply('NOTANUMBER it does not hold a whole number')
  end
  number = number + tonumber(args[2])
  redis.call('HSET', keys[1], args[1], cmsgpack.pack(number))
  return string.format('%.0f', number)
end

redis.register_function{function_name='bliss_hash_incr', callback=incr}

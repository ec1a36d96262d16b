-- Batches of payments between accounts of one user: each batch has its own Idempotency-Key, each item its own pair.
local here = debug.getinfo(1, "S").source:match("@(.*/)")
local report = dofile(here .. "report.lua")
local accounts = {}
for account in string.gmatch(os.getenv("ACCOUNTS"), "[^,]+") do accounts[#accounts + 1] = account end
local name, value = os.getenv("IDENTITY_HEADER"), os.getenv("IDENTITY_VALUE")
local size, run = tonumber(os.getenv("ITEMS")), os.getenv("RUN")
local sent = 0

local function body()
    local items = {}
    for index = 1, size do
        local from = math.random(#accounts)
        local to = (from + math.random(#accounts - 1) - 1) % #accounts + 1
        items[index] = string.format('{"source":"%s","destination":{"account":"%s"},"amount":1,"currency":"USD"}',
            accounts[from], accounts[to])
    end
    return '{"mode":"atomic","items":[' .. table.concat(items, ",") .. "]}"
end

-- A few bodies, made beforehand: the load has other things to do.
local bodies = {}
function init()
    math.randomseed(tonumber(run))
    for index = 1, 8 do bodies[index] = body() end
end

function request()
    sent = sent + 1
    return wrk.format("POST", "/v1/transfers", {
        ["Content-Type"] = "application/json",
        ["Idempotency-Key"] = "batch-" .. run .. "-" .. sent,
        [name] = value,
    }, bodies[sent % #bodies + 1])
end

function done(summary, latency) report(summary, latency) end

-- Payments between accounts of one user: each request has its own Idempotency-Key and its own pair of accounts.
local here = debug.getinfo(1, "S").source:match("@(.*/)")
local report = dofile(here .. "report.lua")
local accounts = {}
for account in string.gmatch(os.getenv("ACCOUNTS"), "[^,]+") do accounts[#accounts + 1] = account end
local name, value = os.getenv("IDENTITY_HEADER"), os.getenv("IDENTITY_VALUE")
local path, run = os.getenv("PAYMENTS_PATH"), os.getenv("RUN")
local sent = 0

-- Each thread has an interpreter of its own: without a number of its own it would repeat the other's keys, and
-- replays would be counted as payments.
local threads = 0
function setup(thread)
    threads = threads + 1
    thread:set("number", threads)
end

function init() math.randomseed(tonumber(run) * 1000 + number) end

function request()
    sent = sent + 1
    local from = math.random(#accounts)
    local to = (from + math.random(#accounts - 1) - 1) % #accounts + 1
    return wrk.format("POST", path, {
        ["Content-Type"] = "application/json",
        ["Idempotency-Key"] = "bench-" .. run .. "-" .. number .. "-" .. sent,
        [name] = value,
    }, string.format('{"source":"%s","destination":{"account":"%s"},"amount":1,"currency":"USD"}',
        accounts[from], accounts[to]))
end

function done(summary, latency) report(summary, latency) end

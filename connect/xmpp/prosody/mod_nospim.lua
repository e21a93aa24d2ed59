-- mod_nospim: asks nospim about what reaches the people of this host, before it is delivered, and does what it answers.
--
-- No policy lives here, and nothing that reads messages. The module picks the stanzas with which somebody may approach
-- somebody, sends them to nospim as they are, with what only this server knows of them, holds them (each pair of sender and
-- recipient keeps its order), and delivers them, or what nospim says instead, or nothing. It speaks docs/protocols/line.md
-- over one connection. Whatever goes wrong, here or there, the stanza passes and is counted: a dead, hung or raving nospim
-- never stops a conversation.
--
-- Options, with their defaults: nospim_host = "127.0.0.1" (an IP address), nospim_port = 7746, nospim_secret (none),
-- nospim_timeout = 0.15 (seconds), nospim_report_interval = 60 (seconds).

local st, jid, json, parse = require "util.stanza", require "util.jid", require "util.json", require "util.xml".parse;
local async, cache, time, new_id = require "util.async", require "util.cache", require "util.time", require "util.id".medium;
local rosters, users, host, hosts = require "core.rostermanager", require "core.usermanager", module.host, prosody.hosts;
local addr, port = module:get_option_string("nospim_host", "127.0.0.1"), module:get_option_number("nospim_port", 7746);
local secret, interval = module:get_option_string("nospim_secret"), module:get_option_number("nospim_report_interval", 60);
local timeout, MISSES, MARK = module:get_option_number("nospim_timeout", 0.15), 3, "urn:xmpp:spim-marker:0"; -- XEP-0287

---- Counting, in Prosody's log. An error in a guarded function is counted, and it is as if the module were not there.

local passed = { mark = "marked", throttle = "throttled" };
local stopped = { challenge = "challenged", hold = "held", reject = "blocked", drop = "blocked" };
local counters = { checked = 0, blocked = 0, marked = 0, held = 0, failed_open = 0, errors = 0, breaker_open = 0 };
local function count(...) for _, name in pairs({ ... }) do counters[name] = (counters[name] or 0) + 1; end end
local function report() module:log("info", "nospim counters %s", json.encode_ordered(counters)); return interval; end
local function failed(err) count("errors"); module:log("error", "%s", debug.traceback(err, 2)); end
local function guarded(f) return function (...) return select(2, xpcall(f, failed, ...)); end; end

---- Asking: questions over the line, and their answers.

-- The last question has the number last; what waits for an answer is in waiting, by its number. With MISSES time-outs in a
-- row the breaker is open: nothing is asked. Whatever nospim holds of the events in done, they have arrived.
local conn, inbox, misses, last, waiting, done = nil, "", math.huge, 0, {}, cache.new(1000);

local function write(message) return conn and conn:write(json.encode(message) .. "\n"); end
local function stamp(t) return t and os.date("!%FT%T", math.floor(t)) .. (".%03dZ"):format(math.floor(t % 1 * 1000)); end

-- When an account was made, Prosody 13 keeps with the account, and 0.12 where mod_register left it.
local created, details = cache.new(10000), module:open_store("account_details");
local read = users.get_account_info or function (user) return details:get(user); end;
local function account(id)
	local user = jid.host(id) == host and jid.node(id);
	local info = user and not created:get(id) and read(user, host);
	if info then created:set(id, stamp(info.created or info.registered)); end
	return { id = id, ["local"] = user and true, created = created:get(id) };
end

-- tell sends an event with what only this server knows of it. What a stanza says is read by nospim, from its raw form.
local function tell(e, from, to, ip, n)
	e.id, e.time, e.protocol, e.service, e.addr = new_id(), stamp(time.now()), "xmpp", host, ip;
	e.sender, e.recipients, e.observe = account(from), to and { account(to) }, not n;
	write({ n = n, event = e });
	return e.id;
end

-- settle ends a question, by an answer or by none ({}). One that comes too late finds nothing to settle. What is throttled
-- becomes a question that time answers.
local function settle(n, answer, missed)
	local item, verdict = waiting[n], answer.verdict or {};
	local outcome = passed[verdict.action] or stopped[verdict.action];
	if not item then return; elseif outcome == "throttled" and not answer.instead and n ~= item then
		waiting[n], waiting[item] = nil, item;
		return module:add_timer(math.min(verdict.retry_after or 1, 30), function () settle(item, answer, misses); end);
	end
	waiting[n], misses, item.verdict, item.instead = nil, missed, verdict, answer.instead;
	count(answer.verdict and "checked" or "failed_open", outcome, n ~= item and misses == MISSES and "breaker_open" or nil);
	done:set(item.id, not answer.verdict or nil);
	while item.queue[1] and item.queue[1].verdict do table.remove(item.queue, 1):go_on(); end
end

-- ask puts an item into its queue and has item:go_on() called once, in its turn, when it has a verdict. If Prosody itself
-- was busy for so long, the answer is here when the time is over, and gets the chance to be read.
local function ask(item, e, from, to, ip)
	local n = last + 1;
	last, waiting[n], item.queue[#item.queue + 1], item.id = n, item, item, tell(e, from, to, ip, n);
	module:add_timer(timeout, function () module:add_timer(0.01, function () settle(n, {}, misses + 1); end); end);
end

---- Stanzas: what is asked about, what waits for its verdict, and what must not overtake it.

local carriers = " body subject html x propose reference file-sharing encrypted openpgp "; -- of a first contact, and more
local sayings = " urn:xmpp:captcha urn:xmpp:spim-report:0 urn:xmpp:incident:2 "; -- to nospim: XEP-0158, 0287, 0268
local function has(words, word) return words:find(" " .. word .. " ", 1, true); end
local function new(all, pair) local queue = {}; all[pair] = queue; return queue; end
local tokens = module:open_store("invite_token", "map"); -- when an invitation ends (XEP-0379), by who invites, and the token
local queues, releasing = setmetatable({}, { __mode = "v", __index = new }), nil; -- by pair, as long as they are needed

local function approach(stanza, from, to, origin, out) -- the event, if it may be one; out when it leaves for another server
	local name, kind, me, other, room = stanza.name, stanza.attr.type or "", out and from or to, out and to or from, nil;
	local words = name == "message" and carriers or kind == "set" and not out and stanza.attr.to == to and sayings or "";
	local carries = name == "presence" and kind:find("subscribe", 1, true);
	for _, t in ipairs(stanza.tags) do carries = carries or has(words, name == "iq" and t.attr.xmlns or t.name); end
	local session = out and origin or prosody.full_sessions[stanza.attr.to] or {}; -- it has sent presence to rooms
	for there in pairs(session.directed or {}) do room = room or jid.bare(there) == other and other or nil; end
	if not carries or kind == "error" or kind == "groupchat" and (room or out) then return; end
	if misses >= MISSES then return count("failed_open"); end
	local known = jid.node(me) and rosters.load_roster(jid.node(me), host)[other] or { subscription = "none" };
	local pars = name == "presence" and not out and stanza:get_child("preauth", "urn:xmpp:pars:0");
	local by = pars and (tonumber(tokens:get(jid.node(me), pars.attr.token or "")) or 0) > os.time() and me or nil;
	local relation = (known.subscription ~= "none" or out and room) and "contact" or known.ask and "pending" or "stranger";
	return { raw = tostring(stanza), room = room, relation = relation, direction = out and "out", invited_by = by };
end

local function release(origin, stanza) -- known again by its sender: a module may put a copy in its place
	releasing = stanza.attr.from;
	xpcall(prosody.core_post_stanza, failed, origin.destroyed and hosts[host] or origin, stanza, false); releasing = nil;
end

local send = guarded(function (origin, text) -- stanzas, one after the other; true if there are any
	local all = parse("<all>" .. tostring(text) .. "</all>") or { tags = {} };
	for _, stanza in ipairs(all.tags) do release(origin, stanza); end
	return all.tags[1];
end);

local function pass(item) -- the stanza, or something else, or nothing
	local action, origin = item.verdict.action, item.origin;
	if item.instead and send(action == "mark" and origin or hosts[host], item.instead) or stopped[action] then return; end
	release(origin, item.stanza);
end

local arrived = guarded(function (event)
	local stanza, from, to = event.stanza, jid.bare(event.stanza.attr.from), jid.bare(event.stanza.attr.to);
	if not from or not to or from == to or stanza.attr.from == releasing then return; end
	-- Marks that claim to be ours are forged.
	stanza:maptags(function (t) return (t.attr.xmlns ~= MARK or jid.prep(t.attr.filter) ~= host) and t or nil; end);
	local e, queue = approach(stanza, from, to, event.origin, event.to_host), queues[from .. "\0" .. to];
	if not e and not queue[1] then return; end
	local item = { origin = event.origin, stanza = st.clone(stanza), go_on = pass, queue = queue };
	if e then ask(item, e, from, to, event.origin.ip); else queue[#queue + 1], item.verdict = item, {}; end
	return true;
end);
for name in ("message/bare message/full presence/bare presence/full iq/bare iq/full iq/host route/remote"):gmatch("%S+") do
	module:hook(name, arrived, 50); -- behind the person's own block list (100), before archive and delivery (0)
end

---- Registrations wait for the answer; log-ins, blocks and reports are told.

module:hook("user-registering", guarded(function (event)
	if not event.allowed then return; elseif misses >= MISSES or not async.ready() then return count("failed_open"); end
	local wait, go_on = async.waiter();
	local item, session = { queue = {}, go_on = go_on }, event.session or {};
	local invite = event.validated_invite or session.validated_invite; -- XEP-0401; one of the operator's has no inviter
	local by, id = invite and (invite.inviter and invite.inviter .. "@" or "") .. host or nil, event.username .. "@" .. host;
	ask(item, { kind = "registration", can = { "allow", "reject" }, invited_by = by }, id, nil, event.ip);
	-- Once paused, the connection forgets what it has read: make it look again.
	wait(); if session.conn and session.conn.pausefor then session.conn:pausefor(0.0001); end
	if item.verdict.action ~= "reject" then return; end
	local text = "Refused as unwanted. To object, tell the operator this: " .. item.id;
	event.allowed, event.error = false, { type = "cancel", condition = "policy-violation", text = text };
end), -10);

for name, kind in pairs({ ["authentication-success"] = "login", ["authentication-failure"] = "login_failure" }) do
	module:hook(name, guarded(function (event)
		local user = event.session.username or (event.session.sasl_handler or {}).username;
		if user then tell({ kind = kind }, user .. "@" .. host, nil, event.session.ip); end
	end));
end

module:add_feature("urn:xmpp:reporting:1");
module:hook("iq-set/self/urn:xmpp:blocking:block", guarded(function (event)
	for item in event.stanza.tags[1]:childtags("item") do
		tell({ raw = tostring(item) }, event.origin.username .. "@" .. host, nil, event.origin.ip);
	end
end), 50);

---- The connection.

local function obey(order)
	local key = order["do"] == "deliver" and order.event_id or order.id; -- what has passed is not delivered again
	local sent = done:get(key) or send(hosts[host], order.raw);
	done:set(key, sent and true); write({ ack = order.id, failure = not sent and "not supported, or no stanza" or nil });
end

local understand = guarded(function (line) -- true when it is something that nospim may say
	local message = json.decode(line) or { error = "no JSON" };
	if type(message.verdict or message) ~= "table" then message.verdict, message.error = nil, "no verdict"; end
	if message.error then count("errors"); elseif misses >= MISSES then module:log("info", "nospim answers"); end
	misses = 0; if message.n then settle(message.n, message, misses); end
	if message.order then obey(message.order); end
	return message.n or not message.error;
end);

local function lost(c) -- everything that waits passes, each queue in its order
	if c ~= conn then return; end
	conn, inbox, misses = nil, "", math.huge;
	for n in pairs(waiting) do settle(n, {}, misses); end; c:close();
end

local function heard(c, data)
	local lines, rest = (inbox .. data):match("^(.*\n)(.*)$"); -- in linear time: a line may be long
	inbox = (rest or inbox .. data):sub(1, 4194304); -- the longest line
	for line in (lines or ""):gmatch("([^\n]*)\n") do if c == conn and not understand(line) then lost(c); end end
end

local listener = { onincoming = heard, ondisconnect = lost, onconnect = function (c) c:setoption("tcp-nodelay", true); end };
local function tick() -- find nospim, or ask whether it is back
	local hello = { connector = "prosody/" .. prosody.version, service = host, protocol = "xmpp", secret = secret };
	local message = conn and { ping = 1, counters = counters } or { hello = hello };
	conn = conn or require "net.server".addclient(addr, port, listener, 65536); write(message); return 1; -- second
end

for _, task in ipairs({ tick, report }) do module:add_timer(task(), task); end
function module.unload() return conn and lost(conn); end

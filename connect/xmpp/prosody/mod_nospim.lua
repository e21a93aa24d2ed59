-- mod_nospim: asks nospim about what reaches the people of this host, before it is delivered, and does what it answers.
--
-- No policy lives here. The module picks the stanzas with which somebody can approach somebody, describes them, holds them
-- (each pair of sender and recipient keeps its order), and delivers, marks, refuses or swallows them as the verdict says.
-- It speaks docs/protocols/line.md over one connection to the nospim of this machine. Whatever goes wrong, here or there,
-- the stanza passes and is counted: a dead, hung or raving nospim never stops a conversation.
--
-- Options, with their defaults: nospim_host = "127.0.0.1", nospim_port = 7746, nospim_secret (none),
-- nospim_timeout = 0.15 (seconds), nospim_report_interval = 60 (seconds).

local st, jid, json, parse = require "util.stanza", require "util.jid", require "util.json", require "util.xml".parse;
local async, cache, time, new_id = require "util.async", require "util.cache", require "util.time", require "util.id".medium;
local connect, resolver = require "net.connect".connect, require "net.resolvers.basic".new;
local rosters, users, by_number = require "core.rostermanager", require "core.usermanager", require "util.iterators".sorted_pairs;
local host, hosts, timeout = module.host, prosody.hosts, module:get_option_number("nospim_timeout", 0.15);
local MARK, REPORT, STANZA_ID = "urn:xmpp:spim-marker:0", "urn:xmpp:reporting:1", "urn:xmpp:sid:0"; -- XEP-0287, 0377, 0359
local LINE, TEXT, MISSES = 4194304, 1048576, 3; -- bytes of a line and of a text; time-outs in a row that open the breaker

---- Counting: statistics of Prosody, and a line in its log when something has changed.

local names, counters, measures, reported = "checked blocked marked held failed_open errors breaker_open", {}, {}, nil;
for name in names:gmatch("%S+") do counters[name], measures[name] = 0, module:measure(name, "counter"); end
local function count(name) counters[name] = counters[name] + 1; measures[name](1); end
local function report()
	local line = names:gsub("%S+", function (name) return name .. "=" .. counters[name]; end);
	if line ~= reported then module:log("info", "nospim counters %s", line); end
	reported = line;
	return module:get_option_number("nospim_report_interval", 60);
end

-- What goes wrong in a guarded function is counted, and the function has no result: as if the module were not there.
local function failed(err) count("errors"); module:log("error", "%s", debug.traceback(err, 2)); end
local function guarded(f) return function (...) return select(2, xpcall(f, failed, ...)); end end

---- Describing: from a stanza to an event (event.go). What is over a limit is cut, so that nothing escapes by its size.

local function cut(s, most) return s and #s > most and s:sub(1, most):gsub("[\192-\255]?[\128-\191]*$", "") or s; end
local function find(tag, name) -- a child by its name, in whatever version of its namespace
	for _, child in ipairs(tag and tag.tags or {}) do if child.name == name then return child; end end
end
local function text_of(tag, name) return find(tag, name) and find(tag, name):get_text(); end
local function say(e, text) if (text or ""):find("%S") and text ~= e.texts[#e.texts] then table.insert(e.texts, text); end end
local function link(e, url) if url and #e.links < 100 then table.insert(e.links, cut(url, 8192)); end end
local function file(e, share) -- XEP-0385 and XEP-0447 differ in namespaces and in where a source has its address
	local meta, sources = find(share, "file"), find(share, "sources");
	if not meta or #e.files == 100 then return; end
	local source = (find(sources, "reference") or find(sources, "url-data") or { attr = {} }).attr;
	local size = math.min(tonumber((text_of(meta, "size") or ""):match("^%d+$")) or 0, 2^53);
	table.insert(e.files, { name = cut(text_of(meta, "name"), 8192), type = cut(text_of(meta, "media-type"), 256),
		size = math.floor(size), url = cut(source.target or source.uri, 8192) });
end
local function xhtml(e, tag, texts)
	link(e, tag.attr.href);
	for _, child in ipairs(tag) do if child.attr then xhtml(e, child, texts); else table.insert(texts, child); end end
	return texts;
end
local function joined(who, room) -- whether a device of theirs has sent its presence into the room
	for _, session in pairs((prosody.bare_sessions[who] or {}).sessions or {}) do
		for there in pairs(session.directed or {}) do if jid.bare(there) == room then return true; end end
	end
end

-- What can carry a first contact. All else (receipts, chat states, markers, key exchange) makes no event.
local function words(e, tag) say(e, tag:get_text()); end
local function cipher(e, tag) e.encrypted = e.encrypted or tag.name ~= "encrypted" or find(tag, "payload") and true; end
local carriers = {
	[" body"] = words, [" subject"] = words, ["urn:xmpp:sfs:0 file-sharing"] = file,
	["urn:xmpp:openpgp:0 openpgp"] = cipher, ["jabber:x:encrypted x"] = cipher,
	["urn:xmpp:omemo:2 encrypted"] = cipher, ["eu.siacs.conversations.axolotl encrypted"] = cipher,
	["http://jabber.org/protocol/xhtml-im html"] = function (e, tag) say(e, table.concat(xhtml(e, tag, {}))); end,
	["jabber:x:oob x"] = function (e, tag) link(e, text_of(tag, "url")); end,
	["urn:xmpp:reference:0 reference"] = function (e, tag) file(e, find(tag, "media-sharing")); end,
	["urn:xmpp:jingle-message:0 propose"] = function (e) e.kind = "call_offer"; end,
	["jabber:x:conference x"] = function (e, tag) e.kind, e.room = "invite", tag.attr.jid; say(e, tag.attr.reason); end,
	["http://jabber.org/protocol/muc#user x"] = function (e, tag, from, to)
		local invite, room = find(tag, "invite"), jid.bare(from);
		local who = invite and invite.attr.from or from; -- XEP-0045 §7.8.2, §7.5
		if invite then e.kind = "invite"; say(e, text_of(invite, "reason")); elseif not joined(to, room) then return; end
		e.room, e.from, e.name = room, jid.bare(who), jid.bare(who);
		if e.from == room then e.from, e.name = who, jid.resource(who); end -- each occupant is somebody else
		if invite and not hosts[jid.host(room)] then e.from = room; end -- a room elsewhere may name anybody: it answers itself
	end,
};

local function describe_message(stanza, from, to)
	local kind, e = stanza.attr.type, { kind = "message", from = from, texts = {}, links = {}, files = {} };
	if kind == "error" or kind == "groupchat" and joined(to, from) then return; end
	e.room = kind == "groupchat" and from or nil;
	for _, tag in ipairs(stanza.tags) do
		local read = carriers[(tag.attr.xmlns or "") .. " " .. tag.name];
		if read then read(e, tag, stanza.attr.from, to); end
	end
	e.body = e.texts[1] and cut(table.concat(e.texts, "\n"), TEXT);
	e.encrypted = e.encrypted or (e.body or ""):find("^%?OTR%S*%s*$") and true;
	if e.encrypted then e.body = nil; end -- beside ciphertext it is only a hint that there is some
	if e.kind == "message" and e.files[1] and not e.body then e.kind = "file_offer"; end
	e.can, e.links, e.files = { "allow", "mark", "hold", "reject", "drop" }, e.links[1] and e.links, e.files[1] and e.files;
	return (e.body or e.encrypted or e.links or e.kind ~= "message") and e;
end

local decisions = { subscribed = "contact_accept", unsubscribed = "contact_remove", unsubscribe = "contact_remove" };
local function describe(stanza, from, to)
	if stanza.name == "message" then return describe_message(stanza, from, to); elseif stanza.name ~= "presence" then return; end
	if decisions[stanza.attr.type] then return { kind = decisions[stanza.attr.type], from = from, observe = true }; end
	return stanza.attr.type == "subscribe" and { kind = "contact_request", from = from, name = text_of(stanza, "nick"),
		body = cut(text_of(stanza, "status"), TEXT), can = { "allow", "hold", "reject", "drop" } };
end

local function stamp(t) return os.date("!%Y-%m-%dT%H:%M:%S", math.floor(t)) .. (".%03dZ"):format(math.floor(t % 1 * 1000)); end
local created = cache.new(10000);
local function account(id, name)
	local user, at, since = jid.node(id), jid.host(id), created:get(id);
	if not since and user and at == host then -- Prosody 13 keeps it with the account, 0.12 where mod_register left it
		since = (users.get_account_info and users.get_account_info(user, host) or {}).created
			or (module:open_store("account_details"):get(user) or {}).registered;
		created:set(id, since);
	end
	return { id = id, name = cut(name, 1024), created = since and stamp(since), ["local"] = (hosts[at] or {}).type == "local" };
end

local function relation(user, from) -- how the roster of a user of this host stands to the sender
	if rosters.is_contact_subscribed(user, host, from) or rosters.is_user_subscribed(user, host, from) then return "contact"; end
	return rosters.is_contact_pending_out(user, host, from) and "pending" or "stranger";
end

-- complete adds to the description of an attempt what all attempts have.
local function complete(e, addr, to)
	e.id, e.time, e.protocol, e.service, e.addr = new_id(), stamp(time.now()), "xmpp", host, addr;
	e.sender, e.recipients = account(e.from, e.name), to and { account(to) };
	e.direction, e.relation = e.sender["local"] and "local" or "in", e.can and to and relation(jid.node(to), jid.bare(e.from));
	e.from, e.name, e.texts = nil, nil, nil;
	return e;
end

---- Asking: questions and answers over the line.

local conn, ready, dialing, inbox = nil, false, false, "";
local waiting, last, misses = {}, 0, 0; -- what waits for an answer, by number; the last number; time-outs in a row
local done = cache.new(1000); -- orders carried out, and events that passed unjudged: what nospim may hold of them has arrived

local function write(message) conn:write(json.encode(message) .. "\n"); end
local function tell(e, addr, to) -- of what nobody waits for
	e.observe = true;
	if ready then write({ event = complete(e, addr, to) }); end
end

local function settle(n, verdict) -- by an answer, or by none; one that comes too late finds nothing to settle
	local question = waiting[n];
	if not question then return; end
	waiting[n], misses = nil, verdict and 0 or misses;
	count(verdict and "checked" or "failed_open");
	if not verdict then done:set(question.id, true); end
	question.answer(verdict or {});
end

local function open_up() -- everything that waits passes, in the order of its arrival
	ready = false;
	for n in by_number(waiting) do settle(n); end
end

-- ask has answer(verdict) called once, later; the verdict is empty when none comes in time.
local function ask(e, answer)
	local n, again = last + 1, false;
	write({ n = n, event = e });
	last, waiting[n] = n, { id = e.id, answer = guarded(answer) };
	module:add_timer(timeout, function ()
		if not waiting[n] then return; end
		if not again then again = true; return 0.01; end -- if Prosody itself was busy, the answer is here by now: read it first
		misses = misses + 1;
		settle(n);
		if misses == MISSES then count("breaker_open"); open_up(); end
	end);
end

---- Holding: what waits for its verdict, and what must not overtake it.

local queues, passed, releasing, delivering, archived = {}, setmetatable({}, { __mode = "k" }), nil, nil, cache.new(10000);

local function pair_of(stanza) return (jid.bare(stanza.attr.from) or "") .. "\0" .. (jid.bare(stanza.attr.to) or ""); end
local function release(origin, stanza, id) -- it is known again by itself, and by its pair if a module puts a copy in its place
	passed[stanza], releasing, delivering = true, pair_of(stanza), id;
	xpcall(prosody.core_post_stanza, failed, origin, stanza, false);
	releasing, delivering = nil, nil;
end
module:hook("archive-message-added", guarded(function (event) -- a report names a message as the archive does (XEP-0313)
	if delivering then archived:set(event.for_user .. "/" .. event.id, delivering); end
end));

local function objection(id) return "Refused as unwanted. To object, tell the operator this: " .. id; end
local stops = { hold = "held", reject = "blocked", drop = "blocked" };
local enforce = guarded(function (origin, stanza, verdict, id) -- true when the stanza is not to be delivered
	if verdict.action == "mark" then
		local signal = type(verdict.signals) == "table" and verdict.signals[1] or {};
		stanza:tag("mark", { xmlns = MARK, filter = host }):text(tostring(signal.why or "suspicious")):up();
		count("marked");
	elseif verdict.action == "reject" and stanza.name == "message" then
		origin.send(st.error_reply(stanza, "cancel", "policy-violation", objection(id)));
	elseif verdict.action == "reject" then -- RFC 6121 §3.1.3: that is how a subscription request is denied
		local denial = st.presence({ type = "unsubscribed", from = jid.bare(stanza.attr.to), to = jid.bare(stanza.attr.from) });
		release(hosts[host], denial:text_tag("status", objection(id)));
	end
	if stops[verdict.action] then count(stops[verdict.action]); return true; end
end);

local function flush(queue)
	while queue[1] and queue[1].verdict do
		local item = table.remove(queue, 1);
		local origin = item.origin.destroyed and hosts[host] or item.origin; -- the sender may have left by now
		if not enforce(origin, item.stanza, item.verdict, item.id) then release(origin, item.stanza, item.id); end
	end
	if not queue[1] and queues[queue.pair] == queue then queues[queue.pair] = nil; end
end

local function strip(stanza) -- marks that claim to be ours (XEP-0287)
	stanza:maptags(function (tag)
		if tag.name ~= "mark" or tag.attr.xmlns ~= MARK or jid.prep(tag.attr.filter) ~= host then return tag; end
	end);
end

local arrived = guarded(function (event)
	local stanza, origin = event.stanza, event.origin;
	local from, to, pair = jid.bare(stanza.attr.from), jid.bare(stanza.attr.to), pair_of(stanza);
	if passed[stanza] or releasing == pair or not from or not to or from == to then return; end
	strip(stanza);
	local e, queue = describe(stanza, from, to), queues[pair] or { pair = pair };
	if e and e.observe then e = tell(e, origin.ip, to); elseif e and not ready then e = count("failed_open"); end
	if not e and not queue[1] then return; end
	local item = { origin = origin, stanza = st.clone(stanza), verdict = not e and {} or nil };
	if e then
		e.client, e.raw = jid.resource(stanza.attr.from), tostring(stanza);
		if #e.raw > TEXT then e.raw = nil; table.remove(e.can, #e.can - 2); end -- too large to be held
		item.id = complete(e, origin.ip, to).id;
		ask(e, function (verdict) item.verdict = verdict; flush(queue); end);
	end
	table.insert(queue, item);
	queues[pair] = queue;
	return true;
end);
for _, name in ipairs({ "message/bare", "message/full", "presence/bare", "presence/full", "iq/bare", "iq/full" }) do
	module:hook(name, arrived, 50); -- behind the person's own block list (100), before archive and delivery (0)
end

---- Registrations wait for the answer; log-ins, blocks and reports are told.

module:hook("user-registering", guarded(function (event)
	if not event.allowed then return; end
	if not ready or not async.ready() then return count("failed_open"); end
	local e = complete({ kind = "registration", from = event.username .. "@" .. host, can = { "allow", "reject" } }, event.ip);
	local verdict, wait, answered = nil, async.waiter();
	ask(e, function (answer) verdict = answer; answered(); end);
	wait();
	local conn = event.session and event.session.conn;
	if conn and conn.pausefor then conn:pausefor(0.0001); end -- a paused connection forgets what it has read: make it look again
	if verdict.action ~= "reject" then return; end
	count("blocked");
	event.allowed, event.reason, event.error_type, event.error_condition = false, objection(e.id), "cancel", "policy-violation";
end), -10);

for name, kind in pairs({ ["authentication-success"] = "login", ["authentication-failure"] = "login_failure" }) do
	module:hook(name, guarded(function (event)
		local user = event.session.username or (event.session.sasl_handler or {}).username;
		if user then tell({ kind = kind, from = user .. "@" .. host }, event.session.ip); end
	end));
end

module:add_feature(REPORT);
module:hook("iq-set/self/urn:xmpp:blocking:block", guarded(function (event)
	local user, addr = event.origin.username, event.origin.ip;
	for item in event.stanza.tags[1]:childtags("item") do
		local who, complaint = jid.bare(jid.prep(item.attr.jid)), item:get_child("report", REPORT);
		tell({ kind = "block", from = user .. "@" .. host }, addr, who);
		local id = complaint and (complaint:get_child("stanza-id", STANZA_ID) or { attr = {} }).attr.id;
		if complaint then
			tell({ kind = "report", from = user .. "@" .. host, body = cut(complaint:get_child_text("text"), TEXT), raw = cut(tostring(complaint), TEXT),
				refers = id and archived:get(user .. "/" .. id) or cut(id, 512) }, addr, who);
		end
	end
end), 50);

---- The connection.

local function obey(order)
	local failure = order["do"] ~= "deliver" and "not supported" or nil;
	if not failure and not done:get(order.id) and not done:get(order.event_id or order.id) then
		local stanza = parse(tostring(order.raw));
		failure = (not stanza or jid.host(stanza.attr.to) ~= host) and "no stanza to this host" or nil;
		if not failure then done:set(order.id, true); release(hosts[host], stanza, order.event_id); end
	end
	write({ ack = order.id, failure = failure });
end

local understand = guarded(function (message) -- true when it is something that nospim may say
	if message.error then count("errors"); end
	if message.order then obey(message.order); end
	if message.n then settle(message.n, message.verdict); end
	if (message.hello or message.pong) and not ready then ready, misses = true, 0; module:log("info", "nospim answers"); end
	return (message.error or message.order or message.n or message.hello or message.pong) and true;
end);

local function lost(c)
	if c ~= conn then return; end
	conn, inbox = nil, "";
	open_up();
	c:close();
end

local function incoming(c, data)
	local from, lines = 1, inbox .. data;
	for to in lines:gmatch("()\n") do
		local message = c == conn and json.decode(lines:sub(from, to - 1));
		if c == conn and not (type(message) == "table" and understand(message)) then count("errors"); lost(c); end
		from = to + 1;
	end
	inbox = c == conn and lines:sub(from) or "";
	if #inbox > LINE then count("errors"); lost(c); end
end

local listener = { onincoming = incoming, ondisconnect = lost };
function listener.onfail() dialing = false; end
function listener.onreadtimeout() return true; end -- nothing to say for a quarter of an hour is no failure
function listener.onconnect(c)
	if module.loaded == false then return c:close(); end
	conn, dialing = c, false;
	c:setoption("tcp-nodelay", true);
	write({ hello = { connector = "prosody/" .. prosody.version, service = host, secret = module:get_option_string("nospim_secret") } });
end

local function tick() -- once a second: find nospim, or ask whether it is back
	if conn and not ready then write({ ping = 1 }); end
	if conn or dialing then return 1; end
	dialing = true;
	local addr, port = module:get_option_string("nospim_host", "127.0.0.1"), module:get_option_number("nospim_port", 7746);
	connect(resolver(addr, port, "tcp"), listener, { pattern = 65536 });
	return 1;
end

module:add_timer(tick(), tick);
module:add_timer(report(), report);
function module.unload() report(); if conn then lost(conn); end end

%% mod_nospim: asks nospim about what reaches the people of a host, before it is delivered, and does what it answers.
%%
%% No policy lives here, and nothing that reads messages. The module picks the stanzas with which somebody may approach
%% somebody, sends them to nospim as they are, with what only this server knows of them, holds them (each pair of sender and
%% recipient has a process, which keeps the order), and delivers them, or what nospim says instead, or nothing. It speaks
%% docs/protocols/line.md over one connection. Whatever goes wrong, here or there, the stanza passes and is counted: a dead,
%% hung or raving nospim never stops a conversation.
%%
%% Options, with their defaults: address: 127.0.0.1 (an IP address, or "unix:/path"), port: 7746, secret: "" (none),
%% timeout: 150 ms, report_interval: 60 s. It needs no header files: erlc compiles it by itself.

-module(mod_nospim).
-behaviour(gen_mod).
-behaviour(gen_server).
-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_opt_type/1, mod_doc/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).
-export([arrived/1, leaves/1, heard/1, decode_iq_subel/1, sends/1, left/3, registering/2, registered/2, removed/2]).
-export([authenticated/3]).

-define(MARK, <<"urn:xmpp:spim-marker:0">>). % XEP-0287
-define(MAX_LINE, 4194304). % bytes
-define(MISSES, 3). % time-outs in a row that open the breaker
-define(DONE, 1000). % events of which is remembered that they have arrived
-define(ROOMS, 1000). % in which a session may be
-define(DELAY, 30). % seconds for which a stanza is kept back at most
-define(COUNTERS, [blocked, breaker_open, challenged, checked, errors, failed_open, held, marked, throttled]).
-define(OUTCOMES, #{<<"mark">> => marked, <<"throttle">> => throttled, <<"challenge">> => challenged, <<"hold">> => held,
                    <<"reject">> => blocked, <<"drop">> => blocked}).
%% What is said to nospim itself: an answer to a challenge (XEP-0158), a complaint (XEP-0287), an incident (XEP-0268). What
%% has a handler is advertised, as reports have to be (XEP-0377), which come with a block.
-define(SAYINGS, [<<"urn:xmpp:captcha">>, <<"urn:xmpp:spim-report:0">>, <<"urn:xmpp:incident:2">>,
                  <<"urn:xmpp:reporting:1">>]).
-define(CARRIERS, [<<"body">>, <<"subject">>, <<"html">>, <<"x">>, <<"propose">>, <<"reference">>, <<"file-sharing">>,
                   <<"encrypted">>, <<"openpgp">>]). % of a first contact, and more
%% In front of the archive and of mod_register (50), and of mod_invites (10 for registrations), behind mod_disco (100).
-define(HOOKS, [{sm_receive_packet, arrived, 25}, {s2s_send_packet, leaves, 25}, {user_send_packet, sends, 10},
                {sm_remove_connection_hook, left, 50}, {c2s_unauthenticated_packet, registering, 5},
                {register_user, registered, 50}, {remove_user, removed, 50}, {c2s_auth_result, authenticated, 90}]).
-define(DEFAULTS, [{address, {127, 0, 0, 1}}, {port, 7746}, {secret, <<>>}, {timeout, 150}, {report_interval, 60000}]).

%%% What ejabberd asks of a module, and OTP of a server.

start(Host, Opts) ->
    Started = gen_mod:start_child(?MODULE, Host, Opts),
    [ejabberd_hooks:add(Hook, Host, ?MODULE, F, Priority) || {Hook, F, Priority} <- ?HOOKS],
    [gen_iq_handler:add_iq_handler(To, Host, Name, ?MODULE, heard) || To <- [ejabberd_sm, ejabberd_local], Name <- ?SAYINGS],
    Started.
stop(Host) ->
    [gen_iq_handler:remove_iq_handler(To, Host, Name) || To <- [ejabberd_sm, ejabberd_local], Name <- ?SAYINGS],
    [ejabberd_hooks:delete(Hook, Host, ?MODULE, F, Priority) || {Hook, F, Priority} <- ?HOOKS],
    gen_mod:stop_child(?MODULE, Host).
reload(Host, New, _Old) -> stop(Host), start(Host, New).
depends(_Host, _Opts) -> [].
decode_iq_subel(El) -> El.
handle_call(_, _, S) -> {reply, ok, S}.
handle_cast(_, S) -> {noreply, S}.
mod_doc() -> #{desc => <<"Asks nospim about what reaches people, before it is delivered.">>}.
mod_options(_Host) -> ?DEFAULTS.
mod_opt_type(address) -> econf:either(econf:ip(), econf:binary("^unix:/"));
mod_opt_type(port) -> econf:port();
mod_opt_type(secret) -> econf:binary();
mod_opt_type(_Interval) -> econf:timeout(millisecond).

%%% The table of a host, which has the name of the process that owns it: the counters by name; whether nospim listens; the
%%% number of the last question; by {rooms, Session}, where a session has sent presence; by a pair, its process.

table(Host) -> gen_mod:get_module_proc(Host, ?MODULE).
look(Host, Key) -> ets:lookup_element(table(Host), Key, 2).
option(Host, Name) -> gen_mod:get_module_opt(Host, ?MODULE, Name).
counted(Host) -> maps:from_list([{C, look(Host, C)} || C <- ?COUNTERS]).
count(Host, Name) -> ets:update_counter(table(Host), Name, 1).

%% An error in a guarded function is counted, and it is as if the module were not there. What was handled is not logged.
guarded(Host, Else, F) ->
    try F() catch Class:_:Stack ->
        catch count(Host, errors),
        logger:error("nospim: ~p in ~p", [Class, [{M, G, L} || {M, G, _, L} <- Stack]]), Else
    end.

%%% Asking: questions over the line, and their answers. ejabberd has its own JSON from 24.10 on.

encode(Term) -> json(json_encode, [Term], fun() -> jiffy:encode(Term) end).
decode(Text) ->
    try #{} = json(json_decode, [Text], fun() -> jiffy:decode(Text, [return_maps]) end) catch _:_ -> #{<<"error">> => 0} end.
json(F, Args, Old) -> case erlang:function_exported(misc, F, 1) of true -> apply(misc, F, Args); false -> Old() end.

host(Jid) -> element(2, jid:tolower(Jid)).
bare(Jid) -> jid:encode(jid:tolower(jid:remove_resource(Jid))).
user(Name, Host) -> jid:encode({jid:nodeprep(Name), Host, <<>>}).
raw(Pkt) -> fxml:element_to_binary(xmpp:encode(Pkt)).
pair(Pkt) -> {bare(xmpp:get_from(Pkt)), bare(xmpp:get_to(Pkt))}.
ms() -> erlang:monotonic_time(millisecond).
stamp(Ms) -> list_to_binary(calendar:system_time_to_rfc3339(Ms, [{unit, millisecond}, {offset, "Z"}])).

%% ejabberd does not keep when an account was made: the module remembers those that were made while it was there.
account(Host, Id) ->
    Created = [{created, stamp(Ms)} || {_, _, Ms} <- mnesia:dirty_read(nospim_created, Id)],
    maps:from_list([{id, Id}, {local, lists:last(binary:split(Id, <<"@">>)) == Host} | Created]).

%% event is an event with what only this server knows of it. What a stanza says is read by nospim, from its raw form.
event(Host, Known, From, To, Ip) ->
    E = #{id => binary:encode_hex(crypto:strong_rand_bytes(10)), time => stamp(os:system_time(millisecond)), service => Host,
          protocol => xmpp, sender => account(Host, From), recipients => [account(Host, T) || T <- To]},
    maps:merge(maps:merge(E, Known), maps:from_list([{addr, list_to_binary(inet:ntoa(Ip))} || is_tuple(Ip)])).

tell(Host, E, From, Ip) -> table(Host) ! {write, #{event => event(Host, E#{observe => true}, From, [], Ip)}}.

%% ask has the answer sent to a process; await, in that process, returns it, or #{} when the time is over.
asks(Host) -> look(Host, listening) orelse count(Host, failed_open) < 0. % a count is never less
question(Host, E, From, To, Ip) ->
    #{id := Id} = Event = event(Host, E, From, To, Ip),
    N = ets:update_counter(table(Host), last, 1),
    {N, Id, encode(#{n => N, event => Event}), ms() + option(Host, timeout)}.
ask(Host, Pid, {N, Id, Line, _}) -> table(Host) ! {ask, N, Pid, Id, Line}.
await(Host, {N, Id, _, Until}) ->
    A = receive {N, R} -> R after max(0, Until - ms()) -> table(Host) ! {late, N, Id}, #{} end,
    count(Host, case A of #{<<"verdict">> := _} -> checked; _ -> failed_open end), A.

%%% Stanzas: what is asked about, what waits for its verdict, and what must not overtake it.

arrived(Pkt) -> watched(in, xmpp:get_to(Pkt), xmpp:get_from(Pkt), Pkt).
leaves(Pkt) -> watched(out, xmpp:get_from(Pkt), xmpp:get_to(Pkt), Pkt).

watched(Way, Me, Other, Pkt) ->
    Released = get(nospim) == xmpp:get_from(Pkt), % known by its sender: a module may have put a copy in its place
    Judged = maps:is_key(from_offline, xmpp:get_meta(Pkt)), % when it was stored
    if Released; Judged -> Pkt; true -> guarded(host(Me), Pkt, fun() -> watched(host(Me), Way, Me, Other, Pkt) end) end.
watched(Host, Way, Me, Other, Forged) ->
    {Pkt, Pair} = {unforged(Host, Forged), pair(Forged)}, Waits = ets:member(table(Host), Pair),
    case approach(Host, Way, Me, Other, Pkt) of
        none when Waits -> line_up(Host, Pair, fun() -> release(Host, Pkt) end), {stop, drop};
        none -> Pkt;
        E -> pose(Host, Pair, E, Pkt), {stop, drop}
    end.

%% pose asks about a stanza, and has it go on in its turn, or what nospim says instead.
pose(Host, {From, To} = Pair, E, Pkt) ->
    {Q, Asked} = {question(Host, E, From, [To], maps:get(ip, xmpp:get_meta(Pkt), none)), ms()},
    ask(Host, line_up(Host, Pair, fun() -> enforce(Host, Pkt, Asked, await(Host, Q)) end), Q).

local(Name) -> lists:last(binary:split(Name, <<":">>)).
unforged(Host, Pkt) -> % marks that claim to be ours are forged
    Marks = [E || {xmlel, Name, As, _} = E <- xmpp:get_els(Pkt), local(Name) == <<"mark">>, lists:keymember(?MARK, 2, As)],
    Forged = [E || {_, _, As, _} = E <- Marks, jid:nameprep(fxml:get_attr_s(<<"filter">>, As)) == Host],
    if Forged == [] -> Pkt; true -> xmpp:set_els(Pkt, xmpp:get_els(Pkt) -- Forged) end.

approach(Host, Way, Me, Other, Pkt) -> % the event, if it may be one, and the person's own block list lets it pass
    Joined = [{room, R} || {_, Rooms} <- ets:lookup(table(Host), {rooms, jid:tolower(Me)}), R <- Rooms, R == bare(Other)],
    Asks = bare(Me) /= bare(Other) andalso carries(element(1, Pkt), xmpp:get_type(Pkt), Way == in andalso Joined == [], Pkt)
        andalso (Way == out orelse ejabberd_hooks:run_fold(privacy_check_packet, Host, allow, [Me, Pkt, in]) == allow),
    Known = [element(1, jid:tolower(Me)), Host, jid:remove_resource(Other)],
    case Asks andalso asks(Host) andalso ejabberd_hooks:run_fold(roster_get_jid_info, Host, {none, none, []}, Known) of
        false -> none;
        {Sub, Asked, _} ->
            Contact = Sub /= none orelse Way == out andalso Joined /= [],
            Relation = if Contact -> contact; Asked == out; Asked == both -> pending; true -> stranger end,
            By = [{invited_by, bare(Me)} || Way == in, invited(Host, hd(Known), xmpp:encode(Pkt))],
            maps:from_list([{raw, raw(Pkt)}, {relation, Relation} | Joined] ++ By ++ [{direction, out} || Way == out])
    end.

%% Whether a request comes with an invitation that the server issued (XEP-0379): from 26.01 on it may have mod_invites,
%% which throws what it does not know.
invited(Host, User, {_, Stanza, _, Els}) ->
    [] /= [T || <<"presence">> <- [Stanza], {_, Name, As, _} <- Els, local(Name) == <<"preauth">>, {<<"token">>, T} <- As,
        {true, {User, Host}} == (catch {mod_invites:is_token_valid(Host, T), element(3, mod_invites:get_invite(Host, T))})].

carries(message, Type, Unasked, Pkt) when Type /= error, Type /= groupchat orelse Unasked ->
    [1 || {xmlel, Name, _, _} <- element(4, xmpp:encode(Pkt)), lists:member(local(Name), ?CARRIERS)] /= [];
carries(Name, Type, _, _) -> Name == presence andalso lists:member(Type, [subscribe, subscribed, unsubscribe, unsubscribed]).

%% line_up has F run by the process of a pair, behind all that waits there. The table has the process with the number of
%% things that it has to do; it ends with the last of them.
line_up(Host, Pair, F) ->
    try ets:update_counter(table(Host), Pair, {3, 1}) of _ -> Pid = look(Host, Pair), Pid ! {next, F}, Pid
    catch error:badarg ->
        New = spawn(fun() -> work(Host, Pair) end), First = ets:insert_new(table(Host), {Pair, New, 1}),
        if First -> New ! {next, F}, New; true -> exit(New, kill), line_up(Host, Pair, F) end
    end.
work(Host, Pair) ->
    Came = receive {next, F} -> guarded(Host, ok, F), true after 1000 -> false end, % false when its sender was killed
    try true = look(Host, Pair) == self(), ets:update_counter(table(Host), Pair, {3, -1}) == 0
            andalso ets:select_delete(table(Host), [{{Pair, '_', 0}, [], [true]}]) == 1 orelse work(Host, Pair)
    catch error:_ -> Came andalso work(Host, Pair) % the module has stopped, and its table is gone, or is another one's
    end.

enforce(Host, Pkt, Asked, A) -> [release(Host, P) || P <- guarded(Host, [Pkt], fun() -> outcome(Host, Pkt, Asked, A) end)].
outcome(Host, Pkt, At, Answer) -> % what goes on of what was asked at a time
    {V, Instead} = {maps:get(<<"verdict">>, Answer, #{}), stanzas(Answer, <<"instead">>)},
    Outcome = maps:get(maps:get(<<"action">>, V, none), ?OUTCOMES, none),
    Outcome == none orelse count(Host, Outcome),
    if Instead /= [] -> Instead;
       Outcome == throttled -> timer:sleep(max(0, At + 1000 * min(?DELAY, maps:get(<<"retry_after">>, V, 1)) - ms())), [Pkt];
       Outcome == none; Outcome == marked -> [Pkt]; true -> []
    end.

stanzas(Message, Key) -> % one after the other
    try {xmlel, _, _, Els} = fxml_stream:parse_element(<<"<all>", (maps:get(Key, Message))/binary, "</all>">>),
        All = [xmpp:decode(El, <<"jabber:client">>, [ignore_els]) || {xmlel, _, _, _} = El <- Els],
        [pair(Pkt) || Pkt <- All], All catch _:_ -> [] end.

release(Host, Pkt) -> put(nospim, xmpp:get_from(Pkt)),
    case host(xmpp:get_to(Pkt)) of Host -> ejabberd_sm:route(Pkt); _ -> ejabberd_router:route(Pkt) end, erase(nospim).

heard(Iq) -> % what is said to nospim itself
    Host = host(xmpp:get_to(Iq)), Refused = xmpp:make_error(Iq, xmpp:err_service_unavailable()),
    Asks = xmpp:get_type(Iq) == set andalso asks(Host),
    if Asks -> pose(Host, pair(Iq), #{raw => raw(Iq)}, Refused), ignore; true -> Refused end.

%%% Registrations wait for the answer; log-ins, blocks and reports are told.

registering(#{lserver := Host} = S, Iq) -> guarded(Host, S, fun() -> registering(Host, usernames(Host, Iq), S, Iq) end).
registering(_, [], State, _) -> State;
registering(Host, [Id | _], #{ip := {Ip, _}} = State, Iq) ->
    By = case State of #{invite := I} -> {U, S} = element(3, I), jid:encode({U, S, <<>>}); _ -> null end, % XEP-0401
    {_, Event, _, _} = Q = question(Host, #{kind => registration, can => [allow, reject], invited_by => By}, Id, [], Ip),
    case asks(Host) andalso begin ask(Host, self(), Q), await(Host, Q) end of
        #{<<"verdict">> := #{<<"action">> := <<"reject">>}} ->
            count(Host, blocked), Text = <<"Refused as unwanted. To object, tell the operator this: ", Event/binary>>,
            {stop, ejabberd_c2s:send(State, xmpp:make_error(Iq, xmpp:err_policy_violation(Text, <<"en">>)))};
        _ -> State
    end.
usernames(Host, Iq) -> % in an element of its own, or in a form (XEP-0077 §3.1, §4)
    Queries = [El || iq <- [element(1, Iq)], set <- [xmpp:get_type(Iq)], {xmlel, _, As, _} = El <- xmpp:get_els(Iq),
               lists:member({<<"xmlns">>, <<"jabber:iq:register">>}, As)],
    Forms = [fxml:get_path_s(F, [{elem, <<"value">>}, cdata]) || {_, _, _, Els} <- Queries, {xmlel, <<"x">>, _, Fs} <- Els,
             {xmlel, _, As, _} = F <- Fs, lists:member({<<"var">>, <<"username">>}, As)],
    Names = [fxml:get_path_s(El, [{elem, <<"username">>}, cdata]) || El <- Queries] ++ Forms,
    [user(Name, Host) || <<_, _/binary>> = Name <- lists:map(fun jid:nodeprep/1, Names)].

registered(Name, Host) ->
    guarded(Host, ok, fun() -> mnesia:dirty_write({nospim_created, user(Name, Host), os:system_time(millisecond)}) end).
removed(Name, Host) -> guarded(Host, ok, fun() -> mnesia:dirty_delete(nospim_created, user(Name, Host)) end).

authenticated(#{lserver := Host, ip := {Ip, _}} = State, Result, Name) ->
    Kind = if Result == true -> login; true -> login_failure end,
    guarded(Host, ok, fun() -> [tell(Host, #{kind => Kind}, user(N, Host), Ip) || <<_, _/binary>> = N <- [Name]] end), State.

sends({Pkt, #{lserver := Host, jid := Jid, ip := {Ip, _}}} = Acc) ->
    guarded(Host, ok, fun() -> sends(element(1, Pkt), xmpp:get_type(Pkt), Pkt, Host, Jid, Ip) end), Acc.
sends(presence, Type, Pkt, Host, Jid, _) when Type == available; Type == unavailable -> % where it goes, there may be a room
    Key = {rooms, jid:tolower(Jid)},
    Room = bare(case xmpp:get_to(Pkt) of undefined -> Jid; To -> To end),
    Others = [R || {_, Rooms} <- ets:lookup(table(Host), Key), R <- Rooms, R /= Room],
    ets:insert(table(Host), {Key, lists:sublist([Room || Type == available, Room /= bare(Jid)] ++ Others, ?ROOMS)});
sends(iq, set, Pkt, Host, Jid, Ip) -> % a block (XEP-0191), with or without a report (XEP-0377)
    [tell(Host, #{raw => fxml:element_to_binary(Item)}, bare(Jid), Ip)
     || {xmlel, <<"block">>, Attrs, Items} <- xmpp:get_els(Pkt), lists:keymember(<<"urn:xmpp:blocking">>, 2, Attrs),
        {xmlel, <<"item">>, _, _} = Item <- Items];
sends(_, _, _, _, _, _) -> ok.
left(_, Jid, _) -> guarded(host(Jid), ok, fun() -> ets:delete(table(host(Jid)), {rooms, jid:tolower(Jid)}) end).

%%% The connection. With MISSES time-outs in a row the breaker is open: nothing is asked. Whatever nospim holds of the events
%%% in done, they have arrived.

init([Host | _]) ->
    process_flag(trap_exit, true), % so that terminate is called
    mnesia:create_table(nospim_created, [{disc_copies, [node()]}, {attributes, [account, at]}]), % if it is not there
    ets:new(table(Host), [named_table, public, {write_concurrency, true}, {read_concurrency, true}]),
    ets:insert(table(Host), [{listening, false}, {last, 0} | [{C, 0} || C <- ?COUNTERS]]),
    self() ! tick, timer:send_interval(1000, tick), timer:send_interval(option(Host, report_interval), report),
    {ok, #{host => Host, conn => none, inbox => <<>>, misses => none, waiting => #{}, done => []}}.

terminate(_, S) -> lost(S).

handle_info(Message, #{host := Host} = S) -> {noreply, guarded(Host, S, fun() -> heed(Message, S) end)}.

heed({ask, N, Pid, Id, Line}, #{waiting := W} = S) -> send(Line, S#{waiting := W#{N => {Pid, Id}}});
heed({write, Message}, S) -> send(encode(Message), S);
heed({late, N, Id}, #{host := Host, misses := Misses, waiting := W} = S) when is_map_key(N, W) ->
    Misses + 1 == ?MISSES andalso count(Host, breaker_open),
    ets:insert(table(Host), {listening, Misses + 1 < ?MISSES}),
    done([Id], S#{misses := Misses + 1, waiting := maps:remove(N, W)});
heed({late, _, Id}, S) -> done([Id], S);
heed({tcp, C, Data}, #{conn := C, inbox := Inbox} = S) ->
    inet:setopts(C, [{active, once}]), hear(binary:split(<<Inbox/binary, Data/binary>>, <<"\n">>, [global]), S);
heed({tcp_closed, C}, #{conn := C} = S) -> lost(S);
heed(report, #{host := Host} = S) -> logger:info("nospim counters ~s", [encode(counted(Host))]), S;
heed(tick, #{conn := none, host := Host} = S) -> % find nospim
    {Address, Port, More} = case option(Host, address) of <<"unix:", Path/binary>> -> {{local, Path}, 0, []};
                                                          Ip -> {Ip, option(Host, port), [{nodelay, true}]} end,
    Opts = [binary, {active, once}, {buffer, 65536}, {high_watermark, 64 * 1048576}, {send_timeout, 1000} | More],
    Name = <<"ejabberd/", (ejabberd_option:version())/binary>>,
    Hello = #{connector => Name, service => Host, protocol => xmpp, secret => option(Host, secret)},
    case gen_tcp:connect(Address, Port, Opts, 1000) of {ok, C} -> send(encode(#{hello => Hello}), S#{conn := C}); _ -> S end;
heed(tick, #{host := Host} = S) -> send(encode(#{ping => 1, counters => counted(Host)}), S); % is it back?
heed(_, S) -> S.

done(Ids, #{done := Done} = S) -> S#{done := lists:sublist(Ids ++ Done, ?DONE)}.

send(Line, #{conn := C} = S) -> case C /= none andalso gen_tcp:send(C, [Line, $\n]) of ok -> S; _ -> lost(S) end.

lost(#{host := Host, conn := C, waiting := W} = S) -> % everything that waits passes, each pair in its order
    C == none orelse gen_tcp:close(C),
    ets:insert(table(Host), {listening, false}),
    [Pid ! {N, #{}} || {N, {Pid, _}} <- maps:to_list(W)],
    done([Id || {_, Id} <- maps:values(W)], S#{conn := none, inbox := <<>>, misses := none, waiting := #{}}).

hear([Inbox], S) -> if byte_size(Inbox) =< ?MAX_LINE -> S#{inbox := Inbox}; true -> lost(S) end;
hear([Line | Lines], #{host := Host} = S) ->
    case guarded(Host, lost, fun() -> understand(decode(Line), S) end) of lost -> lost(S); Next -> hear(Lines, Next) end.

understand(Message, #{host := Host, misses := Misses, waiting := W} = Before) -> % or lost, when nospim would not say that
    Wrong = is_map_key(<<"error">>, Message) andalso count(Host, errors) > 0,
    Wrong orelse Misses < ?MISSES orelse ets:insert(table(Host), {listening, true}) andalso logger:info("nospim answers"),
    S = Before#{misses := 0},
    case Message of
        #{<<"n">> := N} when is_map_key(N, W) -> element(1, maps:get(N, W)) ! {N, Message}, S#{waiting := maps:remove(N, W)};
        #{<<"order">> := Order} -> obey(Order, stanzas(Order, <<"raw">>), S);
        #{} -> if Wrong, not is_map_key(<<"n">>, Message) -> lost; true -> S end
    end.

obey(#{<<"id">> := Id} = Order, Pkts, #{host := Host, done := Done} = S) -> % what has passed is not delivered again
    Key = case Order of #{<<"do">> := <<"deliver">>, <<"event_id">> := Event} -> Event; _ -> Id end,
    Ack = maps:from_list([{ack, Id} | [{failure, <<"not supported, or no stanza">>} || Pkts == []]]),
    Act = fun() -> lists:member(Key, Done) orelse [release(Host, Pkt) || Pkt <- Pkts], table(Host) ! {write, Ack} end,
    case Pkts of [First | _] -> line_up(Host, pair(First), Act); [] -> Act() end,
    done([Key || Pkts /= []], S).

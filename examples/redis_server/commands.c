#include "commands.h"

#include <string.h>

#define WRONG_TYPE "WRONGTYPE Operation against a key holding the wrong kind of value"
#define NO_NUMBER "ERR value is not an integer or out of range"
#define NO_MEMORY "OOM command not allowed when used memory is over the limit"
#define SYNTAX "ERR syntax error"

// What a command is called with.
struct call {
    struct session *session;
    struct store *store;
    const struct slice *words; // the name first
    size_t count;
    struct text *out;
};

// ---- Connection -----------------------------------------------------------------------------

static void ping(struct call *c)
{
    struct slice text = c->count > 1 ? c->words[1] : (struct slice){"", 0};
    if (c->session->subscriber.count > 0) {
        reply_array(c->out, 2);
        reply_bulk(c->out, "pong", 4);
        reply_bulk(c->out, text.at, text.size);
    } else if (c->count > 1) {
        reply_bulk(c->out, text.at, text.size);
    } else {
        reply_status(c->out, "PONG");
    }
}

static void echo(struct call *c)
{
    reply_bulk(c->out, c->words[1].at, c->words[1].size);
}

static void select_database(struct call *c)
{
    if (slice_is(c->words[1], "0"))
        reply_status(c->out, "OK");
    else
        reply_error(c->out, "ERR DB index is out of range");
}

static void quit(struct call *c)
{
    c->session->quit = true;
    reply_status(c->out, "OK");
}

static void command(struct call *c) // clients ask for help texts and do without
{
    reply_array(c->out, 0);
}

static void config(struct call *c)
{
    static const char *const known[][2] = {{"save", ""}, {"appendonly", "no"}, {"databases", "1"}};
    if (c->count != 3 || !slice_is(c->words[1], "get")) {
        reply_error(c->out, "ERR there is CONFIG GET only");
        return;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (slice_is(c->words[2], known[i][0])) {
            reply_array(c->out, 2);
            reply_bulk(c->out, known[i][0], strlen(known[i][0]));
            reply_bulk(c->out, known[i][1], strlen(known[i][1]));
            return;
        }
    reply_array(c->out, 0);
}

// ---- Keys -----------------------------------------------------------------------------------

static void del(struct call *c)
{
    long long removed = 0;
    for (size_t i = 1; i < c->count; i++) {
        struct entry *entry = store_find(c->store, c->words[i]);
        if (!entry)
            continue;
        store_remove(c->store, entry);
        removed++;
    }
    reply_number(c->out, removed);
}

static void exists(struct call *c)
{
    long long found = 0;
    for (size_t i = 1; i < c->count; i++)
        found += store_find(c->store, c->words[i]) != NULL;
    reply_number(c->out, found);
}

static void dbsize(struct call *c)
{
    reply_number(c->out, (long long)c->store->table.count);
}

static void flushall(struct call *c)
{
    store_clear(c->store);
    reply_status(c->out, "OK");
}

// When so many units from `now` on are over: *out. False: there is no such time.
static bool time_from(int64_t now, struct slice word, long long unit_ms, int64_t *out)
{
    long long n;
    return slice_to_number(word, &n) && !__builtin_mul_overflow(n, unit_ms, &n) &&
           !__builtin_add_overflow(now, n, out);
}

static void expire_in(struct call *c, long long unit_ms)
{
    int64_t when;
    if (!time_from(store_now_ms(), c->words[2], unit_ms, &when)) {
        reply_error(c->out, NO_NUMBER);
        return;
    }
    struct entry *entry = store_find(c->store, c->words[1]);
    if (entry)
        entry->expires_ms = when > 0 ? when : 1; // in the past: gone when it is looked at
    reply_number(c->out, entry != NULL);
}

static void expire(struct call *c)
{
    expire_in(c, 1000);
}

static void pexpire(struct call *c)
{
    expire_in(c, 1);
}

// -2: no such key, -1: for ever.
static void time_left(struct call *c, long long unit_ms)
{
    struct entry *entry = store_find(c->store, c->words[1]);
    if (!entry || entry->expires_ms == 0)
        reply_number(c->out, entry ? -1 : -2);
    else
        reply_number(c->out, (entry->expires_ms - store_now_ms() + unit_ms / 2) / unit_ms);
}

static void ttl(struct call *c)
{
    time_left(c, 1000);
}

static void pttl(struct call *c)
{
    time_left(c, 1);
}

static void persist(struct call *c)
{
    struct entry *entry = store_find(c->store, c->words[1]);
    bool had = entry && entry->expires_ms != 0;
    if (had)
        entry->expires_ms = 0;
    reply_number(c->out, had);
}

// ---- Strings --------------------------------------------------------------------------------

static void get(struct call *c)
{
    struct entry *entry = store_find(c->store, c->words[1]);
    if (!entry)
        reply_nothing(c->out);
    else if (entry->is_list)
        reply_error(c->out, WRONG_TYPE);
    else
        reply_bulk(c->out, entry->string->bytes, entry->string->size);
}

struct set_options {
    int64_t expires_ms;
    bool only_new, only_old;
};

// NULL, or what is wrong with the words behind the value.
static const char *parse_set_options(const struct call *c, struct set_options *options)
{
    *options = (struct set_options){0};
    int64_t now = store_now_ms();
    for (size_t i = 3; i < c->count; i++) {
        bool seconds = slice_is(c->words[i], "EX"), ms = slice_is(c->words[i], "PX");
        if ((seconds || ms) && i + 1 < c->count && options->expires_ms == 0) {
            if (!time_from(now, c->words[++i], seconds ? 1000 : 1, &options->expires_ms))
                return NO_NUMBER;
            if (options->expires_ms <= now)
                return "ERR invalid expire time in 'set' command";
        } else if (slice_is(c->words[i], "NX") && !options->only_old) {
            options->only_new = true;
        } else if (slice_is(c->words[i], "XX") && !options->only_new) {
            options->only_old = true;
        } else {
            return SYNTAX;
        }
    }
    return NULL;
}

static void set(struct call *c)
{
    struct set_options options;
    const char *error = parse_set_options(c, &options);
    bool there = !error && (options.only_new || options.only_old) &&
                 store_find(c->store, c->words[1]) != NULL;
    if (error)
        reply_error(c->out, error);
    else if (there ? options.only_new : options.only_old)
        reply_nothing(c->out);
    else if (store_set(c->store, c->words[1], c->words[2], options.expires_ms))
        reply_status(c->out, "OK");
    else
        reply_error(c->out, NO_MEMORY);
}

static void add_to(struct call *c, long long n)
{
    struct entry *entry = store_find(c->store, c->words[1]);
    long long old = 0;
    if (entry && entry->is_list) {
        reply_error(c->out, WRONG_TYPE);
        return;
    }
    if ((entry &&
         !slice_to_number((struct slice){entry->string->bytes, entry->string->size}, &old)) ||
        __builtin_add_overflow(old, n, &n)) {
        reply_error(c->out, NO_NUMBER);
        return;
    }
    struct text digits = {0};
    text_printf(&digits, "%lld", n);
    struct slice value = {digits.at, digits.size};
    if (!digits.failed && store_set(c->store, c->words[1], value, entry ? entry->expires_ms : 0))
        reply_number(c->out, n);
    else
        reply_error(c->out, NO_MEMORY);
    text_free(&digits);
}

static void incr(struct call *c)
{
    add_to(c, 1);
}

static void decr(struct call *c)
{
    add_to(c, -1);
}

static void incrby(struct call *c)
{
    long long n;
    if (slice_to_number(c->words[2], &n))
        add_to(c, n);
    else
        reply_error(c->out, NO_NUMBER);
}

// ---- Lists ----------------------------------------------------------------------------------

static void push(struct call *c, bool in_front)
{
    struct entry *entry = store_find(c->store, c->words[1]);
    if (entry && !entry->is_list) {
        reply_error(c->out, WRONG_TYPE);
        return;
    }
    if (!entry)
        entry = store_new_list(c->store, c->words[1]);
    bool pushed = entry;
    for (size_t i = 2; pushed && i < c->count; i++)
        pushed = store_push(c->store, entry, c->words[i], in_front);
    if (pushed)
        reply_number(c->out, (long long)entry->list.count);
    else
        reply_error(c->out, NO_MEMORY);
    if (entry && entry->list.count == 0)
        store_remove(c->store, entry); // there are no empty lists
}

static void lpush(struct call *c)
{
    push(c, true);
}

static void rpush(struct call *c)
{
    push(c, false);
}

static void llen(struct call *c)
{
    struct entry *entry = store_find(c->store, c->words[1]);
    if (entry && !entry->is_list)
        reply_error(c->out, WRONG_TYPE);
    else
        reply_number(c->out, entry ? (long long)entry->list.count : 0);
}

static void lrange(struct call *c)
{
    struct entry *entry = store_find(c->store, c->words[1]);
    long long from, to, count = entry && entry->is_list ? (long long)entry->list.count : 0;
    if (!slice_to_number(c->words[2], &from) || !slice_to_number(c->words[3], &to)) {
        reply_error(c->out, NO_NUMBER);
        return;
    }
    if (entry && !entry->is_list) {
        reply_error(c->out, WRONG_TYPE);
        return;
    }
    if (from < 0) // counted from the end
        from = from + count > 0 ? from + count : 0;
    if (to < 0)
        to += count;
    if (to >= count)
        to = count - 1;
    reply_array(c->out, from <= to ? (size_t)(to - from + 1) : 0);
    for (; from <= to; from++) {
        const struct item *item = list_at(&entry->list, (size_t)from);
        reply_bulk(c->out, item->bytes, item->size);
    }
}

// ---- Publishing -----------------------------------------------------------------------------

static void publish(struct call *c)
{
    size_t reached = pubsub_publish(&c->session->server->pubsub, c->words[1], c->words[2]);
    reply_number(c->out, (long long)reached);
}

static void reply_subscription(struct call *c, const char *what, struct slice channel)
{
    reply_array(c->out, 3);
    reply_bulk(c->out, what, strlen(what));
    reply_bulk(c->out, channel.at, channel.size);
    reply_number(c->out, (long long)c->session->subscriber.count);
}

static void subscribe(struct call *c)
{
    for (size_t i = 1; i < c->count; i++) {
        if (pubsub_subscribe(&c->session->server->pubsub, &c->session->subscriber, c->words[i]))
            reply_subscription(c, "subscribe", c->words[i]);
        else
            reply_error(c->out, "ERR too many subscriptions");
    }
}

static void unsubscribe(struct call *c)
{
    struct pubsub *pubsub = &c->session->server->pubsub;
    struct subscriber *who = &c->session->subscriber;
    for (size_t i = 1; i < c->count; i++) {
        pubsub_unsubscribe(pubsub, who, c->words[i]);
        reply_subscription(c, "unsubscribe", c->words[i]);
    }
    if (c->count > 1)
        return;
    if (who->count == 0) {
        reply_array(c->out, 3);
        reply_bulk(c->out, "unsubscribe", 11);
        reply_nothing(c->out);
        reply_number(c->out, 0);
    }
    while (who->count > 0) {
        struct text name = {0}; // the channel may go with its last subscriber
        text_add(&name, pubsub_first(who).at, pubsub_first(who).size);
        pubsub_unsubscribe(pubsub, who, pubsub_first(who));
        reply_subscription(c, "unsubscribe", (struct slice){name.at, name.size});
        text_free(&name);
    }
}

// ---- All of them ----------------------------------------------------------------------------

static const struct command {
    const char *name;
    size_t least, most; // words
    void (*run)(struct call *c);
    bool for_subscribers; // may be used by clients that have subscribed
} commands[] = {
    {"GET", 2, 2, get, false},
    {"SET", 3, MAX_WORDS, set, false},
    {"INCR", 2, 2, incr, false},
    {"LPUSH", 3, MAX_WORDS, lpush, false},
    {"LRANGE", 4, 4, lrange, false},
    {"RPUSH", 3, MAX_WORDS, rpush, false},
    {"LLEN", 2, 2, llen, false},
    {"DECR", 2, 2, decr, false},
    {"INCRBY", 3, 3, incrby, false},
    {"DEL", 2, MAX_WORDS, del, false},
    {"EXISTS", 2, MAX_WORDS, exists, false},
    {"EXPIRE", 3, 3, expire, false},
    {"PEXPIRE", 3, 3, pexpire, false},
    {"TTL", 2, 2, ttl, false},
    {"PTTL", 2, 2, pttl, false},
    {"PERSIST", 2, 2, persist, false},
    {"DBSIZE", 1, 1, dbsize, false},
    {"FLUSHALL", 1, 2, flushall, false},
    {"PUBLISH", 3, 3, publish, false},
    {"SUBSCRIBE", 2, MAX_WORDS, subscribe, true},
    {"UNSUBSCRIBE", 1, MAX_WORDS, unsubscribe, true},
    {"PING", 1, 2, ping, true},
    {"ECHO", 2, 2, echo, false},
    {"SELECT", 2, 2, select_database, false},
    {"COMMAND", 1, MAX_WORDS, command, false},
    {"CONFIG", 2, MAX_WORDS, config, false},
    {"QUIT", 1, 1, quit, true},
};

static const struct command *find_command(struct slice name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (slice_is(name, commands[i].name))
            return &commands[i];
    return NULL;
}

void run_command(struct session *session, const struct request *request, struct text *out)
{
    struct call call = {session, &session->server->store, request->words, request->count, out};
    const struct command *found = find_command(request->words[0]);
    size_t before = out->size;
    if (!found)
        reply_error(out, "ERR unknown command");
    else if (call.count < found->least || call.count > found->most)
        reply_error(out, "ERR wrong number of arguments");
    else if (session->subscriber.count > 0 && !found->for_subscribers)
        reply_error(out, "ERR only (UN)SUBSCRIBE, PING and QUIT are allowed in this context");
    else
        found->run(&call);
    if (out->failed) { // half a reply is none
        out->failed = false;
        out->size = before;
        reply_error(out, "ERR out of memory");
        session->quit = true;
    }
}

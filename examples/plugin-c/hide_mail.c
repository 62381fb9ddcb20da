// Keeps e-mail addresses from the model: it reads `<mail-1>`, and where it says so the client reads the address again.
// The config: {"at_most": 20} addresses in a prompt.

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redactor.h"

#define MARK "<mail-"
#define MARK_DIGITS 9 // At most.

typedef redactor_string_t text_t;

// What a plugin remembers about one request: `<mail-1>` stands for the first of these.
struct exports_adit_plugin_lifecycle_session_t {
    text_t *addresses;
    size_t count;
};
typedef exports_adit_plugin_lifecycle_session_t session_t;

static int at_most = 1000; // What `init` reads of the config: one instance has one.

// A text under construction. Without memory left there is nothing to do but to trap.
static FILE *begin(text_t *text) {
    FILE *out = open_memstream((char **)&text->ptr, &text->len);
    if (!out) abort();
    return out;
}

static void end(FILE *out, text_t *text) {
    if (fclose(out) != 0) abort();
    if (text->len == 0) free(text->ptr); // The bindings free texts that have a length.
}

// Called once an instance. A list of faults refuses the config.
bool exports_adit_plugin_lifecycle_init(
    text_t *config,
    exports_adit_plugin_lifecycle_descriptor_t *descriptor,
    exports_adit_plugin_lifecycle_list_config_error_t *faults
) {
    char *json = strndup((const char *)config->ptr, config->len);
    int empty = 0, value = 0, whole = 0;
    if (!json) abort();
    sscanf(json, " { } %n", &empty);
    sscanf(json, " { \"at_most\" : %n%9d } %n", &value, &at_most, &whole);
    bool fits = (empty && !json[empty]) || (whole && !json[whole] && at_most > 0);
    free(json);
    redactor_string_free(config);
    if (!fits) {
        if (!(faults->ptr = malloc(sizeof *faults->ptr))) abort();
        faults->len = 1;
        redactor_string_dup(&faults->ptr->path, value ? "/at_most" : "");
        redactor_string_dup(&faults->ptr->message, "has to be a whole number above 0, and the only setting");
        return false;
    }
    redactor_string_dup(&descriptor->name, "hide-mail");
    redactor_string_dup(&descriptor->version, "0.1.0");
    descriptor->wants = ADIT_PLUGIN_TYPES_TEXT_KINDS_TEXT | ADIT_PLUGIN_TYPES_TEXT_KINDS_TOOL_ARGS;
    descriptor->window = sizeof MARK - 1 + MARK_DIGITS;
    return true;
}

exports_adit_plugin_lifecycle_own_session_t exports_adit_plugin_lifecycle_constructor_session(
    exports_adit_plugin_lifecycle_request_context_t *context
) {
    exports_adit_plugin_lifecycle_request_context_free(context);
    session_t *session = calloc(1, sizeof *session);
    if (!session) abort();
    return exports_adit_plugin_lifecycle_session_new(session);
}

void exports_adit_plugin_lifecycle_session_destructor(session_t *session) {
    for (size_t i = 0; i < session->count; i++) redactor_string_free(&session->addresses[i]);
    free(session->addresses);
    free(session);
}

// The number of an address, from 1 on.
static size_t number_of(session_t *session, const uint8_t *address, size_t len) {
    for (size_t i = 0; i < session->count; i++) {
        text_t known = session->addresses[i];
        if (known.len == len && memcmp(known.ptr, address, len) == 0) return i + 1;
    }
    session->addresses = realloc(session->addresses, (session->count + 1) * sizeof(text_t));
    if (!session->addresses) abort();
    redactor_string_dup_n(&session->addresses[session->count], (const char *)address, len);
    return ++session->count;
}

static bool in_name(int c) { return isalnum(c) || (c && strchr("._%+-", c)); }
static bool in_host(int c) { return isalnum(c) || c == '.' || c == '-'; }

// A text with marks for its addresses. False, and nothing to free, if it has none.
static bool hide(session_t *session, text_t text, text_t *hidden) {
    const uint8_t *done = text.ptr, *rest = text.ptr, *stop = text.ptr + text.len, *at;
    FILE *out = NULL;
    while (rest < stop && (at = memchr(rest, '@', stop - rest))) {
        const uint8_t *from = at, *host = at + 1, *to = host;
        while (from > done && in_name(from[-1])) from--;
        while (to < stop && in_host(*to)) to++;
        while (to > host && !isalnum(to[-1])) to--; // The end of a sentence is none of it.
        rest = host;
        if (from == at || !memchr(host, '.', to - host)) continue;
        if (!out) out = begin(hidden);
        fwrite(done, 1, from - done, out);
        fprintf(out, MARK "%zu>", number_of(session, from, to - from));
        done = rest = to;
    }
    if (!out) return false;
    fwrite(done, 1, stop - done, out);
    end(out, hidden);
    return true;
}

bool exports_adit_plugin_prompt_hook_on_prompt(
    session_t *session,
    exports_adit_plugin_prompt_hook_list_segment_t *segments,
    exports_adit_plugin_prompt_hook_prompt_verdict_t *verdict,
    exports_adit_plugin_prompt_hook_plugin_error_t *error
) {
    (void)error; // Returning false would hand it over.
    adit_plugin_types_list_edit_t edits = {calloc(segments->len, sizeof *edits.ptr), 0};
    if (segments->len && !edits.ptr) abort();
    for (size_t i = 0; i < segments->len; i++) {
        adit_plugin_types_edit_t *edit = &edits.ptr[edits.len];
        edit->id = segments->ptr[i].id;
        if (hide(session, segments->ptr[i].text, &edit->text)) edits.len++;
    }
    exports_adit_plugin_prompt_hook_list_segment_free(segments);
    if (session->count > (size_t)at_most) {
        adit_plugin_types_list_edit_free(&edits);
        verdict->tag = ADIT_PLUGIN_TYPES_PROMPT_VERDICT_DENY;
        verdict->val.deny.status = 400;
        redactor_string_dup(&verdict->val.deny.code, "too_many_addresses");
        redactor_string_dup(&verdict->val.deny.message, "the prompt holds more e-mail addresses than allowed");
    } else if (edits.len) {
        verdict->tag = ADIT_PLUGIN_TYPES_PROMPT_VERDICT_EDIT;
        verdict->val.edit = edits;
    } else {
        free(edits.ptr);
        verdict->tag = ADIT_PLUGIN_TYPES_PROMPT_VERDICT_KEEP;
    }
    return true;
}

typedef enum { NONE, OPEN, MARKED } found_t;

// What begins at `*from`: no mark, maybe one when more text comes, or one. Then `*from` moves behind it.
static found_t find_mark(const uint8_t **from, const uint8_t *stop, size_t *number) {
    const uint8_t *p = *from;
    for (const char *c = MARK; *c; c++, p++) {
        if (p == stop) return OPEN;
        if (*p != *c) return NONE;
    }
    *number = 0;
    for (int digits = 0;; digits++, p++) {
        if (p == stop) return OPEN;
        if (*p == '>' && digits) return *from = p + 1, MARKED;
        if (!isdigit(*p) || digits == MARK_DIGITS) return NONE;
        *number = *number * 10 + (*p - '0');
    }
}

// The text with addresses for its marks. What may be half a mark is not consumed: it comes back in front of the next.
static adit_plugin_types_outcome_t put_back(const session_t *session, text_t text, bool final) {
    const uint8_t *done = text.ptr, *rest = text.ptr, *stop = text.ptr + text.len, *mark;
    adit_plugin_types_outcome_t outcome = {.output.is_some = true};
    FILE *out = begin(&outcome.output.val);
    while (rest < stop && (mark = rest = memchr(rest, '<', stop - rest))) {
        size_t number;
        found_t found = find_mark(&rest, stop, &number);
        if (found == OPEN && !final) {
            stop = mark;
        } else if (found == MARKED && number > 0 && number <= session->count) {
            text_t address = session->addresses[number - 1];
            fwrite(done, 1, mark - done, out);
            fwrite(address.ptr, 1, address.len, out);
            done = rest;
        } else if (found != MARKED) {
            rest++;
        }
    }
    fwrite(done, 1, stop - done, out);
    end(out, &outcome.output.val);
    outcome.consumed = stop - text.ptr;
    return outcome;
}

bool exports_adit_plugin_text_hook_on_text(
    session_t *session,
    exports_adit_plugin_text_hook_list_chunk_t *chunks,
    exports_adit_plugin_text_hook_text_verdict_t *verdict,
    exports_adit_plugin_text_hook_plugin_error_t *error
) {
    (void)error;
    adit_plugin_types_list_outcome_t outcomes = {calloc(chunks->len, sizeof *outcomes.ptr), chunks->len};
    if (chunks->len && !outcomes.ptr) abort();
    for (size_t i = 0; i < chunks->len; i++) {
        outcomes.ptr[i] = put_back(session, chunks->ptr[i].text, chunks->ptr[i].final);
    }
    exports_adit_plugin_text_hook_list_chunk_free(chunks);
    verdict->tag = ADIT_PLUGIN_TYPES_TEXT_VERDICT_REWRITE;
    verdict->val.rewrite = outcomes;
    return true;
}

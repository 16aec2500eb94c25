import { z } from "zod";
import { type Read, read, UNCACHED } from "../../../engine/reads/read.ts";
import { AUDIT_JSON } from "../audit/reads.ts";
import { KEY_JSON } from "../keys/reads.ts";
import { SESSION_JSON } from "../sessions/reads.ts";
import { USER_JSON } from "./reads.ts";

const list = (item: string, rest: string): string =>
  `json((SELECT json_group_array(json(item)) FROM (SELECT ${item} AS item FROM ${rest})))`;

const CUSTOMER = `json((SELECT json_object('id', c.id, 'first_name', c.first_name, 'last_name', c.last_name,
  'company', c.company, 'address', c.address, 'city', c.city, 'state', c.state, 'country', c.country,
  'postal_code', c.postal_code, 'phone', c.phone, 'fax', c.fax, 'email', c.email)
  FROM customers c WHERE c.id = u.customer_id))`;

const INVOICE = `json_object('id', i.id, 'invoice_date', i.invoice_date, 'total', i.total_cents / 100.0,
  'billing_address', i.billing_address, 'billing_city', i.billing_city, 'billing_state', i.billing_state,
  'billing_country', i.billing_country, 'billing_postal_code', i.billing_postal_code,
  'lines', json((SELECT json_group_array(json_object('track_id', l.track_id, 'quantity', l.quantity,
    'unit_price', l.unit_price_cents / 100.0) ORDER BY l.id) FROM invoice_lines l WHERE l.invoice_id = i.id)))`;
const LINK = "json_object('purpose', l.purpose, 'email', l.email, 'expires_at', l.expires_at)";
/** What a repeat of a request would get, for as long as it is kept. */
const ANSWER = "json_object('key', r.key, 'answer', r.body, 'created_at', r.created_at)";

const PLAYLIST = `json_object('id', p.id, 'name', p.name, 'description', p.description, 'visibility', p.visibility,
  'created_at', p.created_at, 'tracks', json((SELECT json_group_array(e.track_id ORDER BY e.position)
    FROM playlist_tracks e WHERE e.playlist_id = p.id)))`;
const COMMENT = `json_object('id', c.id, 'kind', c.kind, 'entity_id', c.entity_id, 'text', c.text,
  'created_at', c.created_at)`;

/** All that is kept about one user. A scan: it may be years of plays. */
export const EXPORT_READ: Read<{ readonly id: number }> = read({
  name: "users.export",
  lane: "scan",
  params: z.strictObject({ id: z.int() }),
  statement: ({ id }) => ({
    sql: `SELECT json_object(
        'user', json(${USER_JSON}),
        'customer', ${CUSTOMER},
        'invoices', ${list(INVOICE, "invoices i WHERE i.customer_id = u.customer_id ORDER BY i.id")},
        'sessions', ${list(SESSION_JSON, "sessions s WHERE s.user_id = u.id ORDER BY s.id")},
        'keys', ${list(KEY_JSON, "api_keys k WHERE k.user_id = u.id ORDER BY k.id")},
        'identities', ${list("json_object('provider', d.provider, 'subject', d.subject, 'created_at', d.created_at)", "identities d WHERE d.user_id = u.id")},
        'links', ${list(LINK, "one_time_tokens l WHERE l.user_id = u.id")},
        'idempotency_keys', ${list(ANSWER, "idempotency_keys r WHERE r.principal = 'user:' || u.id ORDER BY r.key")},
        'plays', ${list("json_object('id', p.id, 'track_id', p.track_id, 'played_at', p.played_at)", "plays p WHERE p.user_id = u.id AND (p.id % 1024 <> 0 OR within_deadline()) ORDER BY p.played_at, p.id")},
        'playlists', ${list(PLAYLIST, "playlists p WHERE p.owner_id = u.id ORDER BY p.id")},
        'deleted_playlists', ${list("json_object('name', d.name, 'content', json(d.content), 'tracks', json(d.relations -> '$.playlist_tracks'), 'deleted_at', d.deleted_at)", "deleted_entities d WHERE d.owner_id = u.id ORDER BY d.id")},
        'favourites', ${list("json_object('kind', f.kind, 'id', f.entity_id, 'added_at', f.added_at)", "favourites f WHERE f.user_id = u.id ORDER BY f.added_at, f.id")},
        'ratings', ${list("json_object('kind', r.kind, 'id', r.entity_id, 'stars', r.stars, 'rated_at', r.rated_at)", "ratings r WHERE r.user_id = u.id ORDER BY r.rated_at, r.id")},
        'comments', ${list(COMMENT, "comments c WHERE c.user_id = u.id ORDER BY c.created_at, c.id")},
        'saved_searches', ${list("json_object('id', s.id, 'name', s.name, 'search', json(s.search), 'visibility', s.visibility, 'created_at', s.created_at)", "saved_searches s WHERE s.user_id = u.id ORDER BY s.id")},
        'audit', ${list(AUDIT_JSON, "audit a WHERE (a.principal = 'user:' || u.id OR a.object = 'users:' || u.id) AND (a.id % 256 <> 0 OR within_deadline())")}
      ), '', NULL
      FROM users u WHERE u.id = likely(@id) AND u.status <> 'deleted'`,
    params: { id },
  }),
  cache: UNCACHED,
});

import { z } from "zod";
import type { Statement, Statements } from "../../../../shared/protocol.ts";
import { type Command, command, statement } from "../../../engine/commands/command.ts";
import { CHANGED_IF_MATCHED } from "../../../engine/commands/guards.ts";
import { idText } from "../../../http/fields.ts";
import { accountTags } from "../credentials.ts";
import { notLastAdmin, object, present } from "./commands.ts";
import { USER_ETAG } from "./reads.ts";

/** The customer that the user is tied to, unless somebody else's account is tied to it, too. */
const OWN_CUSTOMER = `(SELECT customer_id FROM users u WHERE u.id = likely(@id) AND NOT EXISTS
  (SELECT 1 FROM users o WHERE o.customer_id = u.customer_id AND o.id <> u.id AND o.email_key IS NOT NULL))`;

/** What the audit says of what is the user's. Each row of it names one thing. */
const AUDITED = `
  SELECT likely(@user)
  UNION ALL SELECT 'keys:' || id FROM api_keys WHERE user_id = likely(@id)
  UNION ALL SELECT 'sessions:' || id FROM sessions WHERE user_id = likely(@id)
  UNION ALL SELECT 'customers:' || ${OWN_CUSTOMER}
  UNION ALL SELECT 'invoices:' || id FROM invoices WHERE customer_id = ${OWN_CUSTOMER}`;

/** While it is still known whose they are. A stranger who registers, asks for a link or logs in is the same person. */
const forgetWhatWasSaid = (id: number): Statement =>
  statement(
    `UPDATE audit SET changes = NULL, address = iif(principal IN (@principal, 'anonymous'), NULL, address)
     WHERE principal = likely(@principal) OR object IN (${AUDITED})`,
    { id, user: object({ id }), principal: `user:${id}` },
  );

/** Invoices stay for the books: what was bought in which country, and not by whom. */
const forgetCustomer = (id: number): Statements => [
  statement(
    `UPDATE invoices SET billing_address = NULL, billing_city = NULL, billing_state = NULL,
       billing_postal_code = NULL WHERE customer_id = ${OWN_CUSTOMER}`,
    { id },
  ),
  statement(
    `UPDATE customers SET first_name = 'deleted', last_name = 'deleted', email = 'deleted@invalid', company = NULL,
       address = NULL, city = NULL, state = NULL, postal_code = NULL, phone = NULL, fax = NULL
     WHERE id = ${OWN_CUSTOMER}`,
    { id },
  ),
];

/**
 * Leaves the number alone, and of everything that knew the person nothing, or nothing that tells who it was. What is
 * deleted is overwritten in the file, whatever that takes; `secure_delete` is otherwise at FAST, which leaves pages
 * that were freed as they are. What listeners made (playlists, comments, marks, searches) goes by triggers.
 */
const erase: Command<{ readonly id: number }> = command({
  name: "users.delete",
  input: z.strictObject({ id: idText }),
  statements: ({ id }, { now, ifMatch, uuid }) => [
    present(id),
    notLastAdmin(id),
    secureDelete("ON", uuid()),
    forgetWhatWasSaid(id),
    ...forgetCustomer(id),
    statement(
      `UPDATE users AS u SET email = NULL, email_key = NULL, email_verified_at = NULL, name = NULL, password = NULL,
         customer_id = NULL, role = 'listener', status = 'deleted', version = version + 1, updated_at = @now
       WHERE u.id = likely(@id) AND (@if_match IS NULL OR ${USER_ETAG} IN (SELECT value FROM json_each(@if_match)))`,
      { id, now, if_match: ifMatch },
      CHANGED_IF_MATCHED,
    ),
    ...["sessions", "api_keys", "one_time_tokens", "identities"].map((table) =>
      statement(`DELETE FROM ${table} WHERE user_id = likely(@id)`, { id }),
    ),
    statement("UPDATE plays SET user_id = NULL WHERE user_id = likely(@id)", { id }),
    statement("DELETE FROM idempotency_keys WHERE principal = likely(@principal)", {
      principal: `user:${id}`,
    }),
    // The words of a playlist's name stay in the index until its parts are merged.
    statement("INSERT INTO names_fts (names_fts) VALUES ('optimize')", {}),
    secureDelete("FAST", uuid()),
  ],
  audit: { object, withoutAddress: true },
  // What they said is counted in what they said it of.
  tags: ({ id }) => [...accountTags(id), `users:${id}`, "*"],
});

/** A text of its own each time: this pragma takes effect when it is prepared, and prepared statements are kept. */
const secureDelete = (mode: "ON" | "FAST", uuid: string): Statement =>
  statement(`PRAGMA secure_delete = ${mode} /* ${uuid} */`, {});

export const ERASE_COMMANDS = { erase };

import { AppError } from "../../../shared/errors.ts";
import { Answers } from "../../engine/reads/answers.ts";
import type { Read } from "../../engine/reads/read.ts";
import type { Principal } from "../../http/access.ts";
import { CUSTOMER_OF_READ, SHOP_READS } from "./reads.ts";

/** Access to shop data: principals with `shop:read` see all, others only their customer's. */

async function bodyOf<P>(
  answers: Answers,
  read: Read<P>,
  params: P,
): Promise<Record<string, unknown> | undefined> {
  const key = Answers.key(read, params);
  const entry = answers.cached(read, key) ?? (await answers.fetch(read, params, key))?.entry;
  return entry === undefined ? undefined : JSON.parse(entry.body);
}

const NO_CUSTOMER = "needs the permission shop:read, or an account that is tied to a customer";

/**
 * The customer that the principal is restricted to; undefined for staff. @throws AppError `forbidden` if the
 * principal has no customer.
 */
export async function confinedTo(
  answers: Answers,
  { user, permissions }: Principal,
): Promise<number | undefined> {
  if (permissions.has("shop:read")) return undefined;
  const found = user === null ? undefined : await bodyOf(answers, CUSTOMER_OF_READ, { user });
  const customer = found?.customer_id ?? null;
  if (customer === null || !permissions.has("library"))
    throw new AppError("forbidden", { detail: NO_CUSTOMER });
  return customer as number;
}

/** @throws AppError `not_found`, also for invoices of others, so that their existence is not revealed. */
export async function checkInvoice(answers: Answers, principal: Principal, id: number): Promise<void> {
  const customer = await confinedTo(answers, principal);
  if (customer === undefined) return;
  const invoice = await bodyOf(answers, SHOP_READS.invoices.entity, { id });
  if (invoice?.customer_id !== customer) throw new AppError("not_found");
}

/** @throws AppError `not_found`. */
export async function checkCustomer(answers: Answers, principal: Principal, id: number): Promise<void> {
  const customer = await confinedTo(answers, principal);
  if (customer !== undefined && customer !== id) throw new AppError("not_found");
}

import type { Problem } from "../core/api.ts";
import { type Content, html } from "../core/html.ts";
import type { Resource } from "../core/resource.ts";
import { currentPlace, urlWith } from "../core/router.ts";
import { hasAccounts } from "../core/session.ts";
import { TEXTS } from "../texts.ts";

/** Says why there is nothing, and what can be done. */
export function Empty({
  title,
  text,
  children,
}: {
  readonly title?: string;
  readonly text?: string;
  readonly children?: Content;
}) {
  return html`<div class="empty">
    ${title !== undefined && html`<h1>${title}</h1>`}
    ${text !== undefined && html`<p>${text}</p>`}
    ${children}
  </div>`;
}

/** Grey bars in the place of lines that are on their way. */
export function Skeleton({ lines = 6 }: { readonly lines?: number }) {
  const bars = Array.from({ length: lines }, (_, i) => html`<span key=${i}></span>`);
  return html`<div class="skeleton" role="status" aria-label=${TEXTS.common.loading}>${bars}</div>`;
}

/** What went wrong with a read, in its place. */
export function Failure({ error, retry }: { readonly error: Problem; readonly retry: () => void }) {
  if (error.status === 401 && hasAccounts) return html`<${SignInFirst} />`;
  const text = error.status === 403 ? TEXTS.errors.forbidden : error.detail;
  return html`<div class="failure" role="alert">
    <strong>${error.message}</strong>
    ${text !== "" && html`<p>${text}</p>`}
    <button type="button" class="button" onClick=${retry}>${TEXTS.common.retry}</button>
  </div>`;
}

function SignInFirst() {
  const { path, query } = currentPlace();
  const from = urlWith(path, Object.fromEntries(query));
  return html`<${Empty} text=${TEXTS.errors.signInFirst}>
    <a class="button primary" href=${urlWith("/console/sign-in", { from })}>${TEXTS.shell.signIn}</a>
  </${Empty}>`;
}

/** Shows what was read: bars until it is there, the error where there is one. */
export function Loaded<T>({
  of,
  lines,
  children,
}: {
  readonly of: Resource<T>;
  readonly lines?: number;
  readonly children: (data: T) => Content;
}) {
  if (of.data !== undefined) return html`${children(of.data)}`;
  if (of.error !== undefined) return html`<${Failure} error=${of.error} retry=${of.reload} />`;
  return html`<${Skeleton} lines=${lines} />`;
}

import { html } from "hono/html";

/** Rules for all routes, so that no route repeats them. */
export const RULES = html`<div class="rules">
  <section><h4>Lists</h4>
    <p>A list answers <code>{"data": […], "next": "…"}</code>. Ask for the next page with
      <code>cursor</code> set to <code>next</code>; it is null on the last page. <code>limit</code> is 1 to 100,
      20 when left out.</p></section>
  <section><h4>Errors</h4>
    <p>Every error is <code>application/problem+json</code> with a <code>code</code>, a <code>detail</code> to read
      and the <code>request_id</code> of the log. <a href="/docs/errors">All codes, and what to do about each</a>.</p></section>
  <section><h4>Caching</h4>
    <p>Send <code>If-None-Match</code> with the <code>ETag</code> you have, and get 304 when nothing changed.
      <code>Cache-Status</code> says where an answer came from. Once a write is answered, no later answer shows the
      state before it; charts may be older, and say so with <code>Age</code>.</p></section>
  <section><h4>Changing without overwriting</h4>
    <p><code>PATCH</code> and <code>DELETE</code> take <code>If-Match</code> with the <code>ETag</code> that you saw:
      412 when somebody else was faster, and nothing is written.</p></section>
  <section><h4>Repeating safely</h4>
    <p>A <code>POST</code> with an <code>Idempotency-Key</code> is applied once within 24 hours, however often it is
      sent; a repeat gets the first answer and <code>Idempotency-Replayed: true</code>.</p></section>
  <section><h4>Busy</h4>
    <p><code>Retry-After</code> comes with whatever may succeed later. A write that is refused with <code>overloaded</code> or
      <code>write_timeout</code> was not written. A body may have 1 MiB.</p></section>
</div>`;

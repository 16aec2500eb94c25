import { hash } from "node:crypto";
import { noParameters, pathOf } from "../../../http/input.ts";
import { API_HEADERS } from "../../../http/reply.ts";
import { type Route, route } from "../../../http/route.ts";

/** The page for links in mails. The token is in the fragment, which the browser does not send. */

const STYLE = `
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 24rem; margin: 4rem auto; padding: 0 1rem; color-scheme: light dark }
label { display: block; margin: 1rem 0 }
input, button { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem }
[hidden] { display: none }`;

const SCRIPT = `
const [purpose, token] = location.hash.slice(1).split("=");
const pages = {
  reset: ["Choose a new password", "/v1/password-resets/confirm", ["password"], "Your password is changed."],
  verify: ["Confirm your address", "/v1/email-verifications/confirm", [], "Your address is confirmed."],
  setup: ["Make the first admin", "/v1/setup", ["email", "name", "password"], "The account is made."],
};
const form = document.querySelector("form"), said = document.querySelector("output");
const page = pages[purpose];
if (!page || !token) said.textContent = "This link is not complete.";
else {
  const [title, path, fields, done] = page;
  document.querySelector("h1").textContent = document.title = title;
  for (const label of form.querySelectorAll("label")) label.hidden = !fields.includes(label.control.name);
  for (const input of form.querySelectorAll("input")) input.disabled = !fields.includes(input.name);
  form.hidden = false;
  form.onsubmit = async (event) => {
    event.preventDefault();
    const given = [...new FormData(form)].filter(([, value]) => value !== "");
    const answer = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token, ...Object.fromEntries(given) }),
    });
    if (answer.ok) { form.hidden = true; said.textContent = done; history.replaceState(null, "", location.pathname); }
    else said.textContent = (await answer.json()).detail;
  };
}`;

const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Account</title><style>${STYLE}</style></head>
<body><main><h1>Account</h1>
<form hidden>
<label>E-mail <input name="email" type="email" autocomplete="email" required></label>
<label>Name <input name="name" autocomplete="name"></label>
<label>Password <input name="password" type="password" autocomplete="new-password" minlength="8" maxlength="256" required></label>
<button>Continue</button></form>
<p><output></output></p></main>
<script>${SCRIPT}</script></body></html>
`;

const sourceOf = (text: string): string => `'sha256-${hash("sha256", text, "base64")}'`;

const HEADERS = {
  ...API_HEADERS,
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": `default-src 'none'; script-src ${sourceOf(SCRIPT)}; style-src ${sourceOf(STYLE)}; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'`,
  "referrer-policy": "same-origin",
  "cache-control": "no-cache",
};

export const accountPage = (): Route =>
  route({
    method: "GET",
    path: "/account",
    access: "open",
    tag: "users",
    summary: "The page that links in mails lead to",
    responses: { 200: { description: "The page.", body: "text/html" } },
    handle: (call) => {
      pathOf(call, noParameters);
      return { status: 200, body: PAGE, headers: HEADERS };
    },
  });

import type { Settings } from "../../../shared/settings.ts";
import { BASE, type Bundle, EXTENSION } from "./bundle.ts";

/** Nothing from elsewhere, nothing inline; no text becomes HTML or script (Trusted Types). */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** The document of every page of the console. What the page has to know of the settings stands on its root. */
export function shell({ version, modules }: Bundle, { auth, anonymous }: Settings): string {
  const at = (name: string) => `${BASE}/${version}/${name}`;
  const preloads = modules.map((name) => `<link rel="modulepreload" href="${at(name)}">`);
  return `<!doctype html>
<html lang="en" data-auth="${auth}" data-anonymous="${anonymous}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<title>Chinook</title>
<link rel="icon" href="/favicon.ico">
<link rel="stylesheet" href="${at("app.css")}">
<script src="${at(`app/boot${EXTENSION}`)}"></script>
${preloads.join("\n")}
<script type="module" src="${at(`app/main${EXTENSION}`)}"></script>
</head>
<body><div id="app"></div>
<noscript><p>The console needs JavaScript. <a href="/docs">The API reference</a> does not.</p></noscript></body>
</html>
`;
}

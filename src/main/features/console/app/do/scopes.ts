/** What a key may be given. The page cannot import the server's list: a test holds this one to it. */
export const SCOPES = [
  "catalogue:read",
  "catalogue:write",
  "plays:write",
  "library",
  "people:read",
  "people:write",
  "audit:read",
  "shop:read",
  "shop:write",
  "operate:read",
  "operate",
] as const;

import { feature } from "../feature.ts";
import { consoleRoutes } from "./routes.ts";

/** The page in the browser to listen, browse, watch and operate. */
export const consolePages = feature({
  name: "console",
  reads: [],
  commands: [],
  open: ({ settings }) => ({ routes: consoleRoutes(settings) }),
});

import { z } from "zod";
import {
  flagOf,
  SETTINGS,
  type SettingName,
  type Settings,
  SOURCES,
  shownOf,
  sourceOf,
  textOf,
} from "../../../shared/settings.ts";
import { noParameters, pathOf } from "../../http/input.ts";
import { json } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";

const settingSchema = z
  .object({
    name: z.string().meta({ example: "CHINOOK_CACHE_MB" }),
    flag: z.string().meta({ example: "--cache-mb" }),
    value: z.string().meta({ description: "As it would be set; `***` for a secret." }),
    source: z.enum(SOURCES),
    default: z.string(),
    expects: z.string(),
    help: z.string(),
    secret: z.boolean(),
  })
  .meta({ id: "Setting" });

const rowOf = (settings: Settings) => (name: SettingName) => ({
  name: SETTINGS[name].env,
  flag: flagOf(name),
  value: shownOf(name, textOf(name, settings[name])),
  source: sourceOf(settings, name),
  default: textOf(name, SETTINGS[name].initial()),
  expects: SETTINGS[name].expects,
  help: SETTINGS[name].help,
  secret: "secret" in SETTINGS[name],
});

export const settingsRoute = (settings: Settings): Route =>
  route({
    method: "GET",
    path: "/admin/settings",
    access: "operate:read",
    tag: "admin",
    operationId: "listSettings",
    summary: "The settings in force, and where each came from",
    parameters: noParameters,
    responses: {
      200: { description: "All of them, without secrets.", body: z.object({ data: z.array(settingSchema) }) },
    },
    handle: (call) => {
      pathOf(call, noParameters);
      const data = (Object.keys(SETTINGS) as SettingName[]).map(rowOf(settings));
      return json(200, JSON.stringify({ data }), { "cache-control": "no-store" });
    },
  });

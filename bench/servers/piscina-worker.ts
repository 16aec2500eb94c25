import { workerData } from "piscina";
import { openDatabase, trackSql } from "./sql.ts";

const db = openDatabase(workerData as string, { readonly: true, fileMustExist: true });
const track = db.prepare(trackSql("@id"));

export default (id: number) => track.get({ id });

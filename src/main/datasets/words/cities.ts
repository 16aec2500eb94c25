import type { Tongue } from "../generator/people.ts";

/** Customers' cities. The cities are real; streets and numbers are not. */
export interface City {
  readonly city: string;
  readonly state: string | null;
  readonly country: string;
  readonly dialling: string;
  readonly tongue: Tongue;
}

/** City, state, country, dialling code, language of the names. Countries with most purchases come first. */
const LINES = `
  Portland;OR;USA;+1;english|Madison;WI;USA;+1;english|Tucson;AZ;USA;+1;english|Boston;MA;USA;+1;english
  Salt Lake City;UT;USA;+1;english|Reno;NV;USA;+1;english|Halifax;NS;Canada;+1;english
  Montréal;QC;Canada;+1;french|Edmonton;AB;Canada;+1;english|Winnipeg;MB;Canada;+1;english
  Paris;;France;+33;french|Lyon;;France;+33;french|Bordeaux;;France;+33;french|Dijon;;France;+33;french
  São Paulo;SP;Brazil;+55;portuguese|Recife;PE;Brazil;+55;portuguese|Curitiba;PR;Brazil;+55;portuguese
  Berlin;;Germany;+49;german|Stuttgart;;Germany;+49;german|Leipzig;;Germany;+49;german
  Edinburgh;;United Kingdom;+44;english|Bristol;;United Kingdom;+44;english|Leeds;;United Kingdom;+44;english
  Lisbon;;Portugal;+351;portuguese|Porto;;Portugal;+351;portuguese|Prague;;Czech Republic;+420;eastern
  Pune;;India;+91;indian|Delhi;;India;+91;indian|Stockholm;;Sweden;+46;nordic|Oslo;;Norway;+47;nordic
  Copenhagen;;Denmark;+45;nordic|Helsinki;;Finland;+358;nordic|Madrid;;Spain;+34;spanish
  Santiago;;Chile;+56;spanish|Rosario;;Argentina;+54;spanish|Bologna;;Italy;+39;italian
  Dublin;;Ireland;+353;english|Graz;;Austria;+43;german|Ghent;;Belgium;+32;french|Gdańsk;;Poland;+48;eastern
  Budapest;;Hungary;+36;eastern|Adelaide;SA;Australia;+61;english|Dunedin;;New Zealand;+64;english
  Nagoya;;Japan;+81;japanese|Accra;;Ghana;+233;african|Nairobi;;Kenya;+254;african`;

export const CITIES: readonly City[] = LINES.trim()
  .split(/\||\n/)
  .map((line) => {
    const [city, state, country, dialling, tongue] = line.trim().split(";") as [
      string,
      string,
      string,
      string,
      Tongue,
    ];
    return { city, state: state === "" ? null : state, country, dialling, tongue };
  });

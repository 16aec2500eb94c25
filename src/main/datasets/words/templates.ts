/**
 * Shapes of song titles, one per line, each with its weight. `{…}` is a slot that `titles.ts` fills. The first list
 * serves every style; the others belong to one family of genres each.
 */
export const GENERAL = `
  15 {noun}
  7 The {thing}
  13 {adjective} {noun}
  5 The {adjective} {thing}
  6 {noun} of {theme}
  3 {things} of {theme}
  5 {noun} {between} {thing}
  4 {things} in {place}
  5 {verbing} the {noun}
  4 {verbing} {whom}
  4 {verb} {whom} {where}
  4 {verb} {whom} {daytime}
  4 Don't {verb} {whom}
  3 Don't {verb} the {thing}
  3 {who} {verbed} the {thing}
  3 {theme} and {theme}
  2 {things} & {things}
  2 {muse}
  2 Dear {muse}
  2 {muse}'s {thing}
  2 {place}
  2 {place} {theme}
  2 Back to {place}
  2 {number} {span}
  2 {number} {things}
  1 {number} {span} from {place}
  2 No More {things}
  2 Like a {thing}
  2 Where the {things} Go
  1 Who {verbed} the {thing}?
  1 What Will {muse} Say?
  1 Is This {theme}?
  1 If You {verb} {other}
  2 {moving} {daytime}
  2 {moving} in {place}
  1 Keep {moving}
  1 I Was {moving}
  1 The {thing} That {verbed} {whom}
  1 Before the {theme}
  1 After the {noun}
  1 Another {thing}
  1 My {adjective} {thing}
  1 Your {thing}
  1 ({verbing} {whom}) {daytime}
  1 Half a {thing}
  1 I Can't {verb} {other}
  1 I Never {verbed} {other}
  1 {verb} the {noun}
  2 {coined}
  2 {compound}
  0.6 Song for {muse}
  0.5 Letter to {place}
  0.4 Untitled
  0.4 {year}`;

export const METAL = `
  10 {dark}
  9 {grim} {dark}
  8 {dark} of {dark}
  6 Throne of {dark}
  5 The {grim} {dark}
  5 {command} the {dark}
  4 {command} the {things}
  3 {dark} and {dark}
  3 Children of {dark}
  3 Beneath the {dark}
  3 Beyond the {grim} {dark}
  2 {coined}
  2 {coined}, {grim} {dark}
  2 {number} {span} of {dark}
  2 March of the {things}
  2 Into the {dark}
  1 Hymn to {coined}
  1 {compound}`;

export const PUNK = `
  6 {noun}
  4 Nobody {verbed} {whom}
  4 I Hate {place}
  3 {place} Is {moving}
  4 {adjective} {things}
  3 {things} on {theme}
  3 Kill the {thing}
  3 {noun} Sucks
  3 Bored of {theme}
  3 {verb} Your {things}
  2 {number} {things}
  2 No {things}, No {theme}
  2 My {thing} Is {adjective}
  2 This Is Not a {thing}
  2 I {verbed} Your {thing}
  1 {theme} Riot`;

export const JAZZ = `
  6 {noun}
  6 {adjective} {noun}
  5 Blues for {muse}
  4 Waltz for {muse}
  4 {muse}'s Mood
  4 {place} {daytime}
  3 {muse}
  3 A {thing} in {place}
  3 {theme} in {smallNumber} Bars
  3 {noun} Bop
  3 The {thing} Upstairs
  3 One for {muse}
  2 {coined}
  2 Minor {theme}
  2 {adjective} {theme} Suite
  2 {theme} and {theme}
  2 Once Around the {thing}
  1 {number} for {muse}`;

export const BLUES = `
  10 {noun} Blues
  6 {place} Blues
  5 {adjective} {thing} Blues
  5 Got to {verb} {whom} {where}
  4 {porch} Blues
  4 My {porch}
  4 {verbing} Back to {place}
  3 Baby, Don't {verb} {whom}
  3 {muse} Done {verbed} {whom}
  3 {porch} Boogie
  3 {number} {span} Behind
  3 Woke Up {daytime}
  2 {adjective} {porch}
  2 Nobody's {noun} but Mine
  2 Who's Been {verbing} {whom}
  1 {muse}, {muse}`;

export const COUNTRY = `
  6 {porch}
  5 {adjective} {porch}
  5 {porch} in {place}
  4 {muse}
  4 Back {between} {thing}
  4 {theme} and {porch}
  4 {town} {theme}
  3 The {porch} Song
  3 {number} {span} to {place}
  3 My {porch}'s {moving}
  3 She {verbed} My {thing}
  2 Don't {verb} the {porch}
  2 {moving} with {muse}
  2 The Ballad of {muse}`;

export const SOUL = `
  8 {soulful}
  6 {adjective} {soulful}
  5 {verb} {whom} {where}
  5 {soulful} {daytime}
  4 I'm {verbing} {other}
  4 Give Me Your {soulful}
  4 Too Much {soulful}
  3 ({who} {verbed}) My {soulful}
  3 {soulful} and {soulful}
  3 Ain't No {soulful}
  3 Can't Stop {verbing} {whom}
  3 {verb} It Again
  2 {muse}
  2 {number} {span} of {soulful}
  1 {soulful}, {soulful}`;

export const REGGAE = `
  8 {island}
  5 {island} and {island}
  5 {adjective} {island}
  4 {moving} in {place}
  4 {island} Dub
  4 Chant for {island}
  4 Don't {verb} the {island}
  3 {place} {island}
  3 {number} {things}
  3 Rise Up, {muse}
  3 {island} Time
  2 {things} of {island}
  2 {noun}
  1 {town} Rock`;

export const RAP = `
  8 {street}
  6 {street} Talk
  5 {adjective} {street}
  4 {number} {things}
  4 {verb} It {where}
  4 No {things}
  4 {place} {street}
  3 {street} & {street}
  3 {muse}'s Interlude
  3 Intro
  2 Outro
  3 {who} {verbed} {whom}
  3 {smallNumber} {span}
  2 {noun} Freestyle
  2 Still {moving}
  2 {theme} over {street}
  1 Skit: {street}`;

export const ELECTRONIC = `
  8 {circuit}
  6 {adjective} {circuit}
  5 {coined}
  4 {circuit} {smallNumber}
  4 {circuit} / {circuit}
  3 {theme} {circuit}
  3 {place} {daytime}
  3 {verb} {whom}
  3 {moving}
  2 {smallNumber} Hz
  2 {circuit} (Club Mix)
  2 {coined} {smallNumber}
  2 {compound}
  2 Into {circuit}
  1 {smallNumber}.{smallNumber}`;

export const SCREEN = `
  12 {scene}
  5 The {adjective} {thing}
  4 {muse}'s Theme
  4 Arrival in {place}
  3 Leaving {place}
  3 {muse} and {muse}
  3 {verbing} the {thing}
  3 The {thing} {between} {thing}
  2 {noun}
  2 {theme} Suite
  2 {place}, {year}`;

export const TWIST = `
  5 {muse}
  5 {verb} {whom}, {muse}
  4 {noun} Twist
  4 {place} Stomp
  4 Rockin' {thing}
  4 {adjective} Little {thing}
  3 Shake That {thing}
  3 {moving} {daytime}
  3 Hey, {muse}
  2 Teenage {theme}
  2 {noun} Hop`;

import { words } from "./english.ts";

/** Words typical of one family of genres, most frequent first. */
export const DARK = words(`
  Death Blood War Hell Throne Grave Fire Ash Doom Skull Bone Abyss Storm Steel Night Plague Chain Altar
  Serpent Vengeance Oblivion Eclipse Ruin Torment Wrath Raven Crypt Tomb Scythe Gallows Inferno Famine
  Leviathan Carrion Pyre Catacomb Maelstrom Sepulchre Obelisk Monolith Heresy Dominion Sacrilege Penance
  Exile Cinder Hammer Anvil Blade Fang Talon Wraith Revenant Behemoth Nightmare Purgatory Requiem`);
export const DARK_ADJECTIVES = words(`
  Black Eternal Burning Dead Cursed Fallen Bleeding Unholy Iron Frozen Blind Infernal Forsaken Godless Buried
  Crimson Ancient Severed Rotting Hollow Wretched Merciless Nameless Desecrated Funereal Cyclopean Obsidian`);
export const DARK_VERBS = words(`
  Crush Bury Burn Summon Devour Destroy Praise Curse Betray Forge Crown Bleed Worship Defy Conquer Embrace
  Exhume Unleash Crucify Dethrone`);

export const STREET = words(`
  Money Streets Block Game City Crown Hustle Paper Corner Rhyme Respect Struggle Mic Flow Night_Shift Bus_Fare
  Rooftop Chain Concrete Pressure Receipts Overtime Pavement Neighbours Skyline Playground Loose_Change
  Landlord Rent Bodega Cipher Payday Turnstile Sirens Fire_Escape Blueprint`);
export const CIRCUIT = words(`
  Signal Pulse Orbit Wave Circuit Motion System Voltage Static Vector Neon Echo Delta Phase Drift Machine
  Feedback Pixel Mirror Cascade Horizon Aurora Module Carrier Oscillator Spectrum Filter Lattice Transit
  Radiance Quartz Parallax Halide Resonance Terminal Gradient Aperture Isotope Strobe Cobalt`);
export const SOULFUL = words(`
  Love Baby Heart Soul Feeling Woman Man Sugar Honey Touch Fool Woman's_Heart Fire Tears Goodbye Kitchen
  Sunday Church_Bells Sunshine Loving Teardrops Jealousy Satisfaction Slow_Dance Heartache Forgiveness`);
export const ISLAND = words(`
  Jah_Light Love Babylon Zion River Roots Dub Rain Freedom Sunshine Mountain Lion People Rebel Fire Unity
  Riddim Rockers Market_Day Blessing Children Harvest Hills Lantern Yard Journey Sufferation Drumbeat`);
export const PORCH = words(`
  Truck Whiskey Porch Mama Daddy Town Road Highway Church Barn Boots Guitar Honky-Tonk Jukebox Creek Fiddle
  Front_Gate Pickup Rodeo Cornfield Tin_Roof Tailgate Cattle_Guard Dirt_Road County_Line Courthouse Mule
  Railroad Freight_Train Levee Cotton_Field Back_Door Shotgun Crossroads Bottle Jailhouse Boll_Weevil`);
export const SCENES = words(`
  Main_Title Arrival The_Chase End_Titles Overture The_Letter Farewell The_Escape Finale Love_Theme
  The_Village Homecoming The_Trial Reunion Across_the_Border The_Funeral Interlude The_Duel Sunrise
  The_Bridge Confession Ambush The_Crossing Closing_Credits Night_Watch The_Archive The_Wedding Requiem
  Final_Battle The_Map The_Station Prologue Epilogue`);

/** Instruments, tempi, keys and other words of classical music. */
export const TEMPI = words(`
  Allegro Andante Adagio Presto Allegro_molto Largo Scherzo Menuetto Rondo Allegretto Vivace Finale
  Allegro_con_brio Andante_cantabile Adagio_ma_non_troppo Lento Poco_adagio Molto_vivace Andantino
  Allegro_assai Tempo_di_valse Grave Larghetto Moderato Allegro_non_troppo Maestoso Intermezzo
  Presto_agitato Marcia_funebre Lento_assai Con_moto Rondo_alla_zingarese Sostenuto_e_cantabile`);
export const FORMS = words(`
  Symphony String_Quartet Piano_Sonata Piano_Concerto Violin_Concerto Violin_Sonata Cello_Suite Piano_Trio
  Cello_Sonata Concerto_Grosso Clarinet_Quintet Piano_Quintet Serenade Cello_Concerto Flute_Concerto
  Sinfonietta Wind_Quintet Divertimento String_Sextet Oboe_Concerto Organ_Sonata Horn_Trio Partita
  Viola_Concerto Harpsichord_Concerto String_Octet`);
export const PIECES = words(`
  Nocturne Prelude Étude Waltz Mazurka Impromptu Ballade Fantasia Rhapsody Bagatelle Barcarolle Berceuse
  Polonaise Toccata Intermezzo Capriccio Sarabande Romance Gigue Elegy Humoresque Arabesque Pavane`);
export const KEYS = words(`
  C_major D_minor G_major A_minor F_major D_major E_minor B-flat_major G_minor C_minor E-flat_major A_major
  F_minor E_major B_minor A-flat_major F-sharp_minor C-sharp_minor B-flat_minor D-flat_major G-sharp_minor`);
export const SACRED = words(`
  Kyrie Gloria Credo Sanctus Agnus_Dei Benedictus Dies_irae Lacrimosa Offertorium Lux_aeterna Libera_me
  Introitus Confutatis Hosanna Magnificat Stabat_Mater`);

/** Words for titles of episodes and series. */
export const SERIES_NOUNS = words(`
  Harbour Precinct District Station County Bay Clinic Chambers Archive Bureau Ridge Street Hotel Ward
  Frontier Colony Outpost Signal Meridian Academy Foundry Estuary Junction Lighthouse Parish Ferry Tribunal`);
export const JOBS = words(`
  Doctor Detective Witness Stranger Captain Nurse Judge Senator Professor Engineer Pilot Diplomat Gardener
  Accountant Landlord Translator Archivist Surgeon Coroner Ambassador Lodger Understudy Forger`);
export const EVENTS = words(`
  Pilot Homecoming Aftermath Confession Reunion Trial Betrayal Blackout Deadline Verdict Ambush Inheritance
  Quarantine Sabotage Collision Ultimatum Interrogation Rendezvous Crossfire Countdown Evacuation Alibi
  Testimony Contagion First_Contact Re-entry Whiteout Undertow Undercurrent Blind_Spot Loose_Ends Small_Hours
  Safe_House Red_Tape Cold_Feet Old_Flames Bad_Blood Open_House Lost_Property Fault_Lines Dead_Reckoning`);

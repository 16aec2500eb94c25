/**
 * English words for titles and band names. Every list is ordered by frequency, because words are drawn with
 * Zipf-like frequencies. A `_` is a space.
 */
export const words = (text: string): readonly string[] =>
  text
    .trim()
    .split(/\s+/)
    .map((word) => word.replaceAll("_", " "));

/** General topics of songs. Mostly uncountable, so never used in the plural. */
export const THEMES = words(`
  Love Night Heart Time Day Life Dream World Rain Fire Light Home Summer Sky Water Morning Sun Moon Blood
  Soul Winter Blues Dust Silence Midnight Tomorrow Heaven Thunder Gold Smoke Snow Shadow Freedom Trouble
  Memory Sorrow Yesterday Magic Wind Darkness Sleep Fever Money Paradise Gravity Electricity Silver Honey
  Sugar Ash Salt Ice Iron Steel Autumn Spring Daylight Sunday Saturday Monday Friday October December
  November April August Twilight Dawn Evening Noon Mercy Glory Grace Faith Hope Desire Hunger Pride Envy
  Anger Fear Shame Luck Fortune Fate Destiny Chaos Reason Truth Poison Venom Medicine Whiskey Wine Coffee
  Tea Cinnamon Tobacco Velvet Silk Leather Copper Bronze Marble Amber Ivory Lightning Static Neon Radio
  Weather Fog Mist Frost Hail Drought Flood Tide Laughter Music Rhythm Melody Harmony Applause Solitude
  Nostalgia Innocence Absence Patience Courage Vertigo Insomnia Amnesia Momentum Inertia Symmetry Entropy
  Quicksilver Kerosene Gasoline Turpentine Formaldehyde Alabaster Obsidian Porcelain`);

/** Countable nouns, also used in the plural. */
export const THINGS = words(`
  Road River Star Letter Window Stranger Angel Train Song Street Dancer Mountain Bird Flower Ocean Ghost
  Mirror Garden Storm Bridge Rose House Room Story Secret Promise Highway Wolf City Stone Diamond Lover
  Soldier Kiss Tear Wave Island Valley Echo Candle Wheel Crown Bell Clock Key Ship Boat Horse Tiger Lion
  Raven Sparrow Swallow Crow Fox Bear Deer Hare Moth Butterfly Firefly Spider Serpent Dragon Whale Dog Cat
  Planet Comet Satellite Harbour Lighthouse Shore Tower Castle Palace Cathedral Chapel Temple Prison Cellar
  Attic Kitchen Staircase Corridor Market Station Airport Motel Hotel Tunnel Canyon Meadow Field Forest
  Orchard Willow Cedar Lily Orchid Thorn Leaf Branch Root Seed Apple Cherry Lemon Peach Bottle Glass Pillow
  Blanket Coat Dress Shoe Boot Glove Hat Ring Necklace Pearl Ruby Emerald Coin Dollar Card King Queen
  Prince Sailor Thief Devil Saint Preacher Painter Poet Doctor Pilot Captain Driver Gambler Beggar Hunter
  Shepherd Orphan Daughter Brother Sister Friend Neighbour Passenger Prisoner Pilgrim Widow Magician Clown
  Carousel Ferry Tramline Balcony Fountain Statue Calendar Postcard Photograph Telephone Telegram
  Lantern Ladder Needle Ribbon Compass Anchor Map Knife Sword Arrow Hammer Engine Machine Cannon Rifle
  Piano Violin Trumpet Whistle Cello Accordion Heron Kestrel Magpie Nightingale Starling Albatross Jackdaw
  Elephant Panther Leopard Coyote Otter Badger Salmon Hornet Cicada Scarecrow Windmill Waterfall Volcano
  Glacier Desert Avalanche Hurricane Whirlpool Labyrinth Cemetery Monument Archipelago Observatory
  Parachute Trapeze Pendulum Metronome Kaleidoscope Typewriter Gramophone Chandelier Thimble Sundial
  Greenhouse Escalator Semaphore Cartographer Locksmith Beekeeper Glassblower Astronomer Undertaker`);

export const ADJECTIVES = words(`
  Little Last Long Blue Black Lonely Wild Sweet Lost Golden Broken New Red Cold Old White Silent Burning
  Dark Crazy Empty Hollow Beautiful Good Bad Fallen Hungry Silver Crooked Distant Electric Secret Bitter
  Hidden Sleeping Perfect Endless Restless Velvet Frozen Holy Naked Quiet Holiday Midnight Green Crimson
  Scarlet Grey Yellow Violet Purple Emerald Crystal Iron Paper Plastic Wooden Stolen Forgotten Shattered
  Faded Painted Borrowed Wasted Haunted Wounded Drowning Dancing Falling Rising Running Wandering Shining
  Trembling Whispering Laughing Weeping Howling Invisible Impossible Innocent Ordinary Eternal Savage
  Gentle Tender Reckless Faithful Fearless Careless Homeless Nameless Weightless Heavy Slow Fast Deep
  Shallow High Low Narrow Bright Pale Dusty Rusty Rotten Foreign Northern Southern Eastern Western Ancient
  Modern Digital Mechanical Magnetic Atomic Cosmic Solar Lunar Tidal Second Third Seventh Double Single
  Half-Forgotten Second-Hand Homemade Upside-Down Left-Handed Barefoot Sunburnt Moonlit Rain-Soaked
  Snowbound Threadbare Bittersweet Bulletproof Counterfeit Ultraviolet Phosphorescent Translucent
  Peripheral Provincial Unfinished Unspoken Unwritten Uninvited Unbroken Imaginary Accidental Temporary
  Vanishing Migratory Nocturnal Subterranean Opalescent Peculiar Obsolete Luminous Feral Gilded Sullen`);

/** Base form, -ing form and past form of each verb. */
export const VERBS = words(`
  love:loving:loved find:finding:found leave:leaving:left
  hold:holding:held break:breaking:broke burn:burning:burned   believe:believing:believed remember:remembering:remembered forget:forgetting:forgot follow:following:followed
  need:needing:needed call:calling:called lose:losing:lost feel:feeling:felt save:saving:saved
  carry:carrying:carried chase:chasing:chased watch:watching:watched miss:missing:missed
  kiss:kissing:kissed   ride:riding:rode shake:shaking:shook   build:building:built paint:painting:painted write:writing:wrote read:reading:read steal:stealing:stole
  sell:selling:sold buy:buying:bought count:counting:counted cross:crossing:crossed
  bury:burying:buried raise:raising:raised wake:waking:woke drink:drinking:drank taste:tasting:tasted
  touch:touching:touched hear:hearing:heard tell:telling:told ask:asking:asked answer:answering:answered
  promise:promising:promised trust:trusting:trusted blame:blaming:blamed forgive:forgiving:forgave
  catch:catching:caught throw:throwing:threw turn:turning:turned change:changing:changed
  rescue:rescuing:rescued haunt:haunting:haunted hunt:hunting:hunted feed:feeding:fed bless:blessing:blessed
  borrow:borrowing:borrowed trade:trading:traded measure:measuring:measured gather:gathering:gathered
  swallow:swallowing:swallowed unravel:unravelling:unravelled abandon:abandoning:abandoned
  translate:translating:translated imitate:imitating:imitated`);

/** Intransitive verbs, in the -ing form only. */
export const MOVES = words(`
  Running Waiting Falling Dancing Dreaming Singing Flying Driving Hiding Fighting Climbing Drowning Walking
  Sleeping Drifting Laughing Crying Wandering Talking Smiling Sailing Leaving Shivering Whispering Stumbling
  Hitchhiking Daydreaming Sleepwalking Freewheeling Trespassing`);

/** Given names for use in song titles. */
export const MUSES = words(`
  Maria Annie Johnny Rosie Lucille Eleanor Caroline Marguerite Josephine Billy Evelyn Louise Frankie Ruby
  Delilah Clementine Isabel Tommy Loretta Valerie Charlotte Sadie Violet Georgia Matilda Ophelia Rosalind
  Beatrice Arthur Harriet Walter Penelope Jolene Odette Suzette Dolores Winifred Magdalena Theodora Ambrose
  Cordelia Ernestine Leopold Wilhelmina Barnaby Isolde Thaddeus Guinevere`);

export const PLACES = words(`
  Memphis New_York California Paris Texas London Tokyo Chicago Berlin Mexico Havana Tennessee Georgia Rio
  Lisbon Nashville Detroit Alabama Boston Carolina Amsterdam Dublin Glasgow Manchester Vienna Prague Istanbul
  Cairo Tangier Marrakesh Buenos_Aires Montreal Oslo Stockholm Helsinki Budapest Warsaw Naples Sicily
  Barcelona Seville Athens Beirut Kingston Santiago Lima Bogotá Montevideo Reykjavík Tromsø Kyoto Osaka
  Shanghai Bombay Zanzibar Dakar Timbuktu Casablanca Valparaíso Patagonia Siberia Trieste Tbilisi Samarkand
  Antwerp Rotterdam Hamburg Bristol Leeds Galway Aberdeen Louisville Tulsa Omaha Wichita El_Paso Tucson
  Baton_Rouge Baltimore Cleveland Saskatoon Winnipeg Halifax Hobart Dunedin`);

/** Halves of compound words such as "Nightfall". The first half is a noun, the second a place or a movement. */
export const COMPOUND_HEADS = words(`
  Night Moon Sun Star Wind Fire Snow Stone River Storm Iron Black White Wild Thunder Shadow Heart Sand Dust
  Sea Rain Silver Glass Wolf Raven Hollow Winter Summer Day Earth Cloud Frost Salt Bone Blood Ember Moss
  Thorn Copper Hazel Fern Tide Harrow Amber`);
export const COMPOUND_TAILS = words(`
  fall light rise song bird field ward shade bound line stone water fire wood house side born wing burn
  gate mark lock dance breaker keeper walker runner drift haven mere root weed flower glow bell thread`);

/** Halves of invented place names and of surnames made from them. */
export const TOWN_HEADS = words(`
  Ash Mill Har Brook Win Kel Stan Thorn Al Bram Whit Cald El Roth Marsh Hol Wex Pen Lang Sed Birch Ever
  Oak Dun Stock Cross Hen Rad Tarn Mal Ox West Nor Sut Fair Green Lud Wood Hart Red Cran Bex Hazel Ster
  Ped Wal Tre Fen Gar Ing Cot Lynd Chal Wether`);
export const TOWN_TAILS = words(`
  ford ton ham wick bury field dale mouth stead port by ley combe worth well hurst bourne gate low cliffe
  more brook shaw den croft minster beck holt`);

export const NUMBERS = words(`
  Two Three Seven Ten Five Four Nine Six Twelve Eleven Thirteen Twenty Eight Hundred Thousand Fifty
  Seventeen Sixteen Nineteen Forty-Two Million Ninety-Nine`);
export const SPANS = words(
  `Days Miles Years Hours Nights Ways Times Steps Minutes Seconds Weeks Winters Summers Mornings`,
);

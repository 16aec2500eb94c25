import { words } from "./english.ts";

/** Given and family names of one language area. No pair is meant to be a real person. */
export interface NameList {
  readonly given: readonly string[];
  readonly family: readonly string[];
}

const list = (given: string, family: string): NameList => ({ given: words(given), family: words(family) });

export const ENGLISH = list(
  `James Sarah Daniel Emma Thomas Laura Matthew Hannah Andrew Rachel Peter Claire Simon Alice Edward Nora
   Robert Ellen Walter Grace Henry Lucy Martin Ruth Philip Joan Ralph Edith Gordon Sylvia Leonard Doris
   Clifford Maeve Declan Siobhán Rory Niamh Callum Isla Tamsin Gareth Bronwen Rhys Otis Earl Clarence Vernon
   Delroy Winston Marcia Odessa Lucinda Wendell Hollis Mabel Ezra Silas Imogen Jasper Dexter Lorna Tobias
   Marlon Trudy Desmond Ada Cedric Felicity Horace Jemima Lyle Minnie Nadine Orville Priscilla Quentin
   Rowena Sterling Thelma Ulysses Verity Wallace Yvonne`,
  `Whitlock Ashdown Pemberton Hargreave Calloway Drummond Fairweather Garrity Hollister Kilbride Lockhart
   Mossop Nettleton Oakes Penhaligon Quigley Rainsford Satterfield Tillman Underhill Varley Wetherby Yarrow
   Abernathy Birdsong Crabtree Dunleavy Eastman Fothergill Greenwood Hathaway Ingram Jessop Kettle Lovelace
   Merriweather Northcott Ormond Pickering Rafferty Sandford Thackeray Vickers Wainwright Blackwood Carmody
   Delaney Ellery Farrow Gilroy Haverford Ivers Kincaid Larkin Munro Nolan Prescott Quill Ridley Sorrell
   Tremaine Ware Alderton Boothby Cheever Dockery Everhart Finch Gaskell Hobbs Loftus Maddox Noakes Pruitt
   Ransom Stubbs Tolliver Wickham Mayfield Broadnax Gaines Beauchamp Fontenot Thibodeaux Okafor Mensah`,
);

export const PORTUGUESE_NAMES = list(
  `João Maria José Ana Antônio Beatriz Luís Camila Paulo Fernanda Pedro Juliana Carlos Inês Tiago Marina
   Rafael Letícia Sérgio Conceição Otávio Lúcia Zeca Rosângela Nélio Dalva Vicente Teresa Márcio Iara Jonas
   Cecília Benedito Jussara Edmundo Nair Raimundo Lourdes Afonso Yolanda`,
  `Tavares Sampaio Nogueira Figueiredo Batista Cardoso Moreira Fonseca Brandão Azevedo Teixeira Guimarães
   Pacheco Siqueira Valadares Quintela Meireles Bittencourt Falcão Lacerda Mourão Prado Rezende Sardinha
   Travassos Vilela Xavier Peixoto Magalhães Calheiros Damasceno Esteves Galvão Junqueira Leitão Paranhos`,
);

export const SPANISH_NAMES = list(
  `Carlos María Luis Ana José Carmen Miguel Lucía Jorge Elena Raúl Pilar Andrés Sofía Diego Valentina Ramón
   Dolores Héctor Isabel Ernesto Consuelo Julián Mercedes Óscar Ximena Ignacio Rocío Tomás Graciela Fermín
   Amparo Nicanor Estela Rubén Paloma`,
  `Navarrete Quiroga Salcedo Villalobos Arriaga Benavides Cárdenas Domínguez Escalante Figueroa Gallardo
   Herrera Ibáñez Jaramillo Ledesma Montoya Noriega Ordóñez Pizarro Quintana Robledo Sepúlveda Toledo Urrutia
   Valdivia Zamora Acevedo Barrientos Córdoba Echeverría Luján Ocampo Peralta Rivadeneira Saldívar Tejada`,
);

export const FRENCH_NAMES = list(
  `Camille Luc Hélène Antoine Margaux Étienne Juliette Benoît Chloé Rémi Solange Gaël Noémie Thibault Odile
   Baptiste Ségolène Maxime Élodie Fabrice Amélie Yannick Colette Aurélien`,
  `Delorme Vasseur Marchand Lefèvre Chevallier Rousselot Beaumont Garnier Fournier Delacourt Pelletier
   Montreuil Castagnier Rivière Lambertin Desrosiers Clairvaux Bellanger Thévenet Arnoult Charpin Maillard`,
);

export const GERMAN_NAMES = list(
  `Jonas Lena Friedrich Greta Matthias Anneliese Jürgen Katharina Uwe Ilse Torsten Birgit Rainer Sabine
   Konrad Heike Lothar Frieda Sören Ulrike`,
  `Brandtner Vogelsang Kirchhoff Lindemann Steinbach Eichhorn Rosenthaler Grünwald Hölscher Achterberg Müller
   Thalheim Wachsmuth Zeller Brückner Niedermayer Pfeiffer Oberländer Sauerwein Krähenbühl Dornbusch`,
);

export const ITALIAN_NAMES = list(
  `Marco Giulia Paolo Chiara Enzo Francesca Renato Silvia Nico Ornella Dario Lucrezia Tullio Serena Fausto
   Ginevra Ettore Viola Sandro Mirella`,
  `Bellandi Carrozzi Marchetti Fontanelli Rinaldini Sartori Valentini Moretto Castellani Guidoni Lombardini
   Pellegrino Santacroce Tagliabue Vescovi Zanetti Altobelli Bonfiglio Cavalcante Montefusco`,
);

export const NORDIC_NAMES = list(
  `Astrid Lars Ingrid Erik Sigrún Jón Freja Mikkel Linnéa Bjarni Solveig Håkon Aino Eero Kaisa Ólafur Tove
   Øyvind Maja Åke Ragnhild Snorri Pia Jørgen`,
  `Lindqvist Bergström Haugland Nygård Kjeldsen Sørbye Ekström Virtala Koskela Jónsdóttir Halldórsson
   Møllegaard Strandberg Åkerlund Dahlin Fjeldstad Söderholm Ravnsborg Tuominen Vestergård Bjørnstad Hedlund`,
);

export const EASTERN_NAMES = list(
  `Ágnes Zoltán Katarzyna Paweł Jana Tomáš Ildikó Gergő Małgorzata Łukasz Vesna Dragan Mircea Ioana Zdeněk
   Božena Ferenc Zsófia Stanisław Agnieszka Lenka Ondřej Milica Željko`,
  `Szabó Kovalčík Wiśniewicz Novotná Horváthy Dąbrowicz Jelínek Szekeres Popovici Marjanović Vlašić
   Kęsik Procházková Halmos Zieliński Černý Radulescu Gombos Świątek Stanković Bartos Urbánek`,
);

export const AFRICAN_NAMES = list(
  `Amadou Fatoumata Kwame Ngozi Ibrahima Aïssata Chidi Wanjiru Moussa Adjoa Tendai Nomsa Ousmane Yetunde
   Sekou Mariama Thabo Zola Femi Akosua`,
  `Diawara Ndoye Asante Okonjo Konaté Sissoko Boateng Adeyemi Mwangi Dlamini Traoré Bangoura Chikwanda
   Nkosi Sarpong Balogun Kamau Fofana Moyo Ouédraogo`,
);

export const SOUTH_ASIAN_NAMES = list(
  `Arjun Meera Vikram Lakshmi Sanjay Priya Ravi Anjali Devika Harish Nandini Karthik Leela Omprakash Sunita
   Imran Zara Farida`,
  `Raghavan Mukherjee Deshpande Chatterji Venkataraman Qureshi Bhattarai Krishnaswamy Pillai Saxena Wadhwa
   Malhotra Ganguly Iyer Nambiar Siddiqui`,
);

export const JAPANESE_NAMES = list(
  `Haruka Kenji Yuki Naoko Takumi Emiko Ryo Sayaka Daichi Michiko Hiroshi Ayumi Shun Tomoko`,
  `Morikawa Mizuno Takase Shiraishi Kitamura Hayase Asano Kashiwagi Ishibashi Kawashima Nishimori Onodera
   Fujisaki Matsuura`,
);

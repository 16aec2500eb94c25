import { words } from "./english.ts";

/**
 * Words of the languages with title grammars. Nouns include their article, so the grammars need no gender.
 * Adjectives follow the noun and do not change with gender.
 */
export interface Lexicon {
  readonly nouns: readonly string[];
  readonly plain: readonly string[];
  readonly adjectives: readonly string[];
  readonly verbs: readonly string[];
  readonly phrases: readonly string[];
  readonly of: readonly string[];
}

export const PORTUGUESE: Lexicon = {
  nouns: words(`O_Amor A_Saudade O_Mar A_Noite O_Samba A_Lua O_Sol A_Vida O_Coração A_Rua A_Cidade O_Tempo
    A_Chuva O_Vento A_Estrada O_Silêncio A_Flor O_Rio A_Praia A_Manhã O_Sertão A_Viola O_Barco A_Janela
    O_Segredo A_Canção O_Sonho A_Menina O_Malandro A_Morena O_Passarinho O_Trem A_Ladeira O_Quintal
    A_Madrugada O_Carnaval A_Fogueira O_Moinho A_Jangada O_Pescador A_Varanda O_Caminho A_Cachoeira
    O_Violeiro A_Lavadeira O_Realejo O_Farol A_Quaresmeira`),
  plain: words(`Amor Saudade Mar Noite Samba Lua Sol Vida Coração Rua Cidade Tempo Chuva Vento Estrada
    Silêncio Flor Rio Praia Manhã Sertão Viola Janela Segredo Sonho Menina Morena Carnaval Madrugada Alegria
    Tristeza Paixão Areia Maré Fé Terra Poesia Fantasia Desejo Ilusão Batucada Gafieira Lamento Alvorada
    Esperança Cachaça Sereia Garoa Jabuticaba Arrebol Maresia`),
  adjectives: words(`Azul Triste Feliz Perdido Quente Livre Doce Distante Verde Breve Selvagem Simples
    Demais Invisível Diferente Qualquer Imortal Ausente Sem_Fim Sem_Nome do_Sul de_Abril`),
  verbs: words(`Quero Deixa Vem Canta Chora Dança Sonhei Lembra Espera Perdi Esqueci Encontrei Chegou Acabou
    Procuro Adormeceu Voltou Amanheceu Não_Vou Vai_Passar Ficou`),
  phrases: words(`Vem_Cá Deixa_Estar Até_Amanhã Sem_Você Só_Nós_Dois Eu_e_Você Meu_Bem Não_Me_Deixe
    Pra_Você_Lembrar De_Manhã_Cedo Depois_do_Baile Volta_pra_Casa Toda_Sexta-Feira Quem_Diria Tanto_Faz
    Pé_na_Areia Cadê_Você Já_Era_Tarde Vou_Embora_Amanhã Nem_Te_Conto Longe_Daqui Antes_da_Chuva`),
  of: words(`do_Mar da_Noite do_Samba da_Lua do_Sol da_Vida do_Coração da_Rua do_Tempo da_Chuva do_Vento
    do_Sertão da_Saudade do_Rio da_Praia da_Manhã de_Verão de_Ninguém da_Bahia do_Recife de_Minas da_Ladeira
    do_Quintal da_Meia-Noite de_Carnaval do_Fim_do_Mundo`),
};

export const SPANISH: Lexicon = {
  nouns: words(`El_Amor La_Noche El_Corazón La_Luna El_Mar La_Vida El_Camino La_Lluvia El_Viento El_Sol
    La_Ciudad La_Calle El_Tiempo El_Silencio La_Sombra El_Fuego La_Guitarra El_Río La_Rosa El_Tren La_Casa
    La_Ventana El_Gallo La_Paloma El_Olvido La_Mentira El_Espejo La_Frontera El_Desierto La_Cantina
    La_Madrugada El_Bandoneón La_Milonga El_Jinete La_Golondrina El_Naufragio La_Cosecha El_Faro El_Limonero
    La_Llorosa El_Puerto La_Espina El_Farolito`),
  plain: words(`Amor Noche Corazón Luna Mar Vida Camino Lluvia Viento Sol Ciudad Calle Tiempo Silencio
    Sombra Fuego Guitarra Sueño Beso Adiós Olvido Mentira Frontera Desierto Locura Ceniza Arena Veneno
    Cumbia Bolero Alegría Soledad Tristeza Dolor Sangre Libertad Tierra Canela Tequila Relámpago Marejada
    Nostalgia Penumbra Azúcar Terciopelo Golondrina`),
  adjectives: words(`Azul Triste Feliz Dulce Salvaje Libre Verde Gris Breve Fugaz Cruel Fatal Ausente Celeste
    Invisible Imposible Infiel Diferente sin_Final sin_Ti del_Sur de_Abril de_Cristal`),
  verbs: words(`Quiero Vuelve Canta Llora Baila Soñé Recuerda Espera Perdí Olvidé Encontré Llegó Busco Dame
    Escucha No_Quiero Volverá Cruzamos Guardo Despertó`),
  phrases: words(`Ven_Aquí Sin_Ti Hasta_Mañana Dime_Que_Sí Otra_Vez Solo_Tú_y_Yo Quién_Sabe No_Me_Dejes
    Vámonos_de_Aquí Ya_Es_Tarde Todo_el_Año Al_Otro_Lado Cerca_de_Ti Nunca_Más Antes_de_la_Lluvia Y_Te_Vas
    Qué_Más_Da Mi_Viejo_Barrio Por_Si_Vuelves Ni_un_Paso_Atrás Cada_Domingo Donde_Siempre`),
  of: words(`del_Mar de_la_Noche del_Corazón de_la_Luna del_Camino de_la_Lluvia del_Viento del_Sol de_la_Calle
    del_Tiempo del_Olvido de_Fuego de_Papel de_Arena de_Cristal del_Sur de_Verano de_Medianoche de_Nadie
    del_Barrio de_Sal de_Invierno de_la_Frontera del_Último_Tren`),
};

export const FRENCH: Lexicon = {
  nouns: words(`L'Amour La_Nuit Le_Jour La_Pluie La_Mer Le_Vent La_Ville Le_Soleil Le_Temps La_Rue Le_Train
    La_Fenêtre Le_Jardin La_Lune Le_Silence La_Chanson Le_Bateau La_Valse Le_Matelot La_Cendre L'Étoile
    L'Hirondelle Le_Dimanche La_Lettre L'Horloge Le_Manège La_Gare Le_Phare L'Ombre`),
  plain: words(`Amour Nuit Pluie Mer Soleil Temps Silence Lune Cendre Étoile Hirondelle Dimanche Valse Brume
    Vertige Mirage Absence Douceur Lumière Tempête Rivage Cerise`),
  adjectives: words(`Bleu Noir Triste Fragile Sauvage Facile Fidèle Étrange Tranquille Immobile Rouge
    Invisible sans_Fin sans_Toi d'Hiver d'Été`),
  verbs: words(`Je_Cherche Reviens Danse Chante J'oublie Écoute Attends Pleure Regarde Souviens-Toi Emporte`),
  phrases: words(`Sans_Toi À_Demain Rien_Que_Nous Comme_Avant Mon_Vieux_Quartier Tous_les_Soirs Viens_Par_Ici
    Jamais_Trop_Tard Encore_un_Verre Loin_d'ici Dis-Moi_Tout Après_la_Pluie Quelque_Part C'était_Hier`),
  of: words(`de_Nuit de_la_Mer du_Vent de_la_Ville du_Soleil du_Temps de_la_Rue du_Silence de_Sable d'Octobre
    de_Minuit du_Nord des_Quais du_Dernier_Bal`),
};

export const ITALIAN: Lexicon = {
  nouns: words(`Il_Cielo La_Notte Il_Mare La_Luna Il_Sole La_Strada Il_Tempo La_Pioggia Il_Vento La_Città
    Il_Cuore La_Finestra Il_Silenzio La_Canzone Il_Treno La_Rosa Il_Giardino L'Estate L'Ombra La_Neve
    Il_Faro La_Giostra Il_Marinaio La_Domenica`),
  plain: words(`Cielo Notte Mare Luna Sole Strada Pioggia Vento Cuore Silenzio Neve Estate Ombra Nostalgia
    Tempesta Fantasia Ricordo Follia Sabbia Rugiada`),
  adjectives: words(`Blu Triste Felice Dolce Fragile Verde Celeste Breve Lontano Fedele Invisibile senza_Fine
    senza_Te d'Inverno d'Agosto`),
  verbs: words(`Cerco Torna Balla Canta Ricorda Aspetta Ascolta Dimmi Ho_Perso Voglio Guarda`),
  phrases: words(`Senza_di_Te A_Domani Come_Prima Ancora_Noi Ogni_Domenica Non_Importa Vieni_con_Me
    Troppo_Tardi Dopo_la_Pioggia Chi_lo_Sa Lontano_da_Qui`),
  of: words(`del_Mare della_Notte del_Vento della_Luna del_Sud del_Tempo di_Sabbia di_Mezzanotte d'Agosto
    della_Città del_Porto di_Nessuno`),
};

export const GERMAN: Lexicon = {
  nouns: words(`Die_Nacht Der_Regen Das_Licht Der_Wind Die_Stadt Das_Meer Der_Himmel Die_Zeit Der_Mond
    Die_Straße Das_Fenster Der_Garten Der_Zug Die_Stille Das_Feuer Der_Winter Die_Brücke Das_Herz
    Der_Leuchtturm Die_Grenze`),
  plain: words(`Nacht Regen Licht Wind Stadt Meer Himmel Zeit Mond Stille Feuer Winter Herz Sehnsucht
    Fernweh Schatten Asche Schnee Zuversicht Nebel Gewitter Heimweh`),
  adjectives: words(`ohne_dich im_Regen am_Meer im_Winter ohne_Namen bei_Nacht am_Ende im_Spiegel aus_Glas
    nach_Mitternacht`),
  verbs: words(
    `Ich_warte Komm_zurück Tanz Hör_zu Erinner_dich Vergiss_mich Ich_suche Halt_mich Bleib Sag_mir`,
  ),
  phrases: words(`Ohne_dich Bis_morgen Nur_wir_zwei Noch_einmal Jeden_Sonntag Zu_spät Weit_weg_von_hier
    Komm_nach_Haus Wie_früher Immer_wieder Vor_dem_Sturm`),
  of: words(`der_Nacht des_Windes der_Stadt der_Zeit der_Stille des_Winters der_Straße des_Himmels von_gestern
    aus_Papier`),
};

import { words } from "./english.ts";

/**
 * Names for the few artists with another script, with enough words for two-part names and titles. `join` connects a
 * word and the word that it qualifies.
 */
export interface Script {
  readonly given: readonly string[];
  readonly family: readonly string[];
  readonly familyFirst: boolean;
  readonly bands: readonly string[];
  readonly words: readonly string[];
  readonly titles: readonly string[];
  readonly join: string;
  readonly space: string;
}

export const JAPANESE: Script = {
  given: words("陽菜 蓮 美咲 大輔 結衣 翔太 彩花 健一 千尋 拓海 真由美 直樹 楓 悠斗 小百合 光"),
  family: words("森川 水野 藤原 桜井 高瀬 北村 白石 青木 石橋 川島 浅野 三浦 柏木 神谷 篠原 早瀬"),
  familyFirst: true,
  bands: words(
    "青い灯台 夜行列車 硝子の森 月面商店街 雨宿り楽団 銀河喫茶 紙の舟 ソラノカケラ ミナトマチ 夕凪",
  ),
  words: words(
    "夜 夢 空 海 雨 風 花 月 星 光 桜 約束 手紙 涙 朝 影 雪 街 記憶 季節 蛍 窓 坂道 夕焼け 灯り 線香花火",
  ),
  titles: words(
    "さよならの前に 明日へ またね 帰り道 ひとりごと 君のいない部屋 サイダー 雨のち晴れ 最終電車 ただいま",
  ),
  join: "の",
  space: "",
};

export const CYRILLIC: Script = {
  given: words("Алексей Марина Дмитрий Ольга Тимур Вера Николай Ксения Павел Зоя Глеб Лидия Фёдор Полина"),
  family: words("Воробьёв Зимин Лебедь Корнеенко Шаповал Сорока Белых Черных Дубко Яворский Мороз Гончар"),
  familyFirst: false,
  bands: words(
    "Северный_причал Белый_шум Тихий_двор Стеклянный_трамвай Последняя_остановка Полярный_день Бумажный_кит",
  ),
  words: words(
    "ночь дождь снег ветер дорога город небо море звезда река тишина письмо окно осень весна огонь туман поезд берег",
  ),
  titles: words(
    "Не_уходи До_утра Где_ты_теперь Последний_трамвай Мой_город Никто_не_знает Когда_растает_снег За_рекой Вчера",
  ),
  join: " и ",
  space: " ",
};

export const GREEK: Script = {
  given: words("Ελένη Νίκος Μαρία Γιώργος Κατερίνα Στέλιος Δέσποινα Ανδρέας Ειρήνη Παύλος"),
  family: words("Καραγιάννης Μαυρίδη Σταθάκης Λιβαδάς Πετρίδης Αλεξίου Βλαχάκης Ζερβού Ρηγάκης"),
  familyFirst: false,
  bands: words("Οι_Ναυαγοί Τα_Καΐκια Νυχτερινό_Δρομολόγιο Άσπρη_Πέτρα Οι_Γειτόνοι"),
  words: words(
    "νύχτα θάλασσα αγάπη φεγγάρι βροχή δρόμος ουρανός καρδιά όνειρο λιμάνι άνεμος ήλιος σιωπή καράβι παράθυρο",
  ),
  titles: words("Μην_αργείς Πες_μου Το_τελευταίο_τρένο Κάθε_Κυριακή Χωρίς_εσένα Στην_άκρη_του_κόσμου Απόψε"),
  join: " και ",
  space: " ",
};

export const ARABIC: Script = {
  given: words("ليلى سامي نور كريم هدى رامي سلمى يوسف دينا طارق مريم زياد"),
  family: words("الخوري الحداد منصور النجار الصباغ البستاني درويش العطار القاسم الزين"),
  familyFirst: false,
  bands: words("قطار_الليل أصوات_المدينة فرقة_الميناء نوافذ"),
  words: words(
    "الليل القمر البحر المطر القلب الطريق الحلم الشمس الريح المدينة الورد السماء النهر الصمت الشوق الغياب",
  ),
  titles: words("يا_ليل وين_رحت على_البال بعد_المطر كل_يوم لا_تسأل مرّ_الوقت رسالة"),
  join: " و",
  space: " ",
};

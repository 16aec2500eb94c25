/** The most common passwords, in lower case. A small list: it blocks the first guesses. */
export const COMMON: ReadonlySet<string> = new Set(
  `!qaz2wsx 00000000 0123456789 0987654321 10203040 102030405060 11111111 11223344 112233445566 12121212
   123123123 12341234 12344321 12345678 123456789 1234567890 1234qwer 13579246 147258369 147852369
   159753456 18atcskd2w 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz1qaz 1qaz2wsx 1qazxsw2 24681357 2wsx3edc
   31415926 3rjs1la7qe 5201314a 69696969 741852963 789456123 87654321 88888888 987654321 99999999 a12345678
   a123456789 a1b2c3d4 aa123456 aaaaaaaa abc12345 abcabcabc abcd1234 abcdefg1 abcdefgh abcdefghi access14
   admin123 admin1234 adminadmin administrator alexander alexandra andrew123 android1 angel1234 anthony1
   arsenal1 asd123456 asdasd123 asdf1234 asdfasdf asdfghjk asdfghjkl ashley123 asshole1 babygirl babygirl1
   bananas1 barcelona barcelona1 baseball baseball1 basketball batman123 beautiful beautiful1 blackberry
   blessed1 blink182 bullshit butterfly butterfly1 changeme changeme1 charizard charlie1 cheesecake
   chelsea1 chinook chinook1 chinook123 chocolate christian christopher computer computer1 contrasena
   correcthorse corvette d1lakiss daniel123 debian123 december default1 demo1234 dragon123 dragonball
   elizabeth facebook facebook1 february ferrari1 football football1 fortnite1 fuckyou1 fuckyou123
   godisgood google12 google123 guest123 gwerty123 heaven777 hello123 hello1234 hellokitty helloworld
   hockey123 ilovegod ilovehim ilovemom ilovemusic iloveyou iloveyou1 iloveyou2 internet internet1
   iphone123 ironmaiden january1 jennifer jessica1 jesus123 jesuschrist jordan23 joshua123 juventus
   kennwort ledzeppelin letmein1 letmein123 linkedin linkedin1 linux123 liverpool liverpool1 login123
   lovelove loveme123 loveyou1 lucky777 manchester manutd123 master123 matthew1 mercedes metallica michael1
   michelle microsoft microsoft1 minecraft minecraft1 monkey123 motdepasse music123 musicmusic mustang1
   mynoob mynoob123 mypass123 mypassword mysql123 nicole123 nintendo nirvana123 november october1 oracle123
   p@ssw0rd p@ssword pass1234 pass12345 passpass passw0rd passw0rd! password password! password1 password12
   password123 passwort pinkfloyd playlist playstation pokemon1 porsche1 pretty123 princess princess1
   pussy123 q123456789 q1w2e3r4 q1w2e3r4t5 qazwsx123 qazwsxedc qqqqqqqq qwe123456 qweasd123 qweasdzxc
   qweqwe123 qwer1234 qwerty qwerty12 qwerty123 qwertyui qwertyuiop rammstein raspberry realmadrid
   roblox123 root1234 rootroot samantha samsung1 samsung123 saturday scooby123 secret123 senha september
   server123 shadow123 slipknot slipknot1 snoopy123 snowball soccer123 softball spiderman spring2024
   starwars starwars1 strawberry summer123 sunshine sunshine1 superman superman1 sweetheart sweetpea
   swimming system123 temp1234 test1234 testing1 testing123 testtest tinkerbell toor1234 topsecret trustno1
   ubuntu123 user1234 victoria volleyball welcome welcome1 welcome123 whatever whatever1 windows1 winter123
   woaini1314 woaini520 x4ivygate xbox360x youtube1 zaq12wsx zaq1zaq1 zxc123456 zxcv1234 zxcvbnm zxcvbnm1
   zzzzzzzz`.split(/\s+/),
);

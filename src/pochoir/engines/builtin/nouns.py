"""The reviewed table: common nouns in several languages -> the drawing that is really meant. It wins over all packed words."""

# ruff: noqa: E501, SIM905 - tables read better in long lines
from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_TABLE = """
sneaker: sneaker, trainer, trainers, shoe, running shoe, sports shoe, gym shoe, tennis shoe, kicks, footwear, turnschuh, turnschuhe, schuh, schuhe, laufschuh, basket, baskets de sport, chaussure, chaussures, zapatilla, zapatillas, zapato, zapatos, tenis, scarpa, scarpe, scarpa da ginnastica, sapato, sapatos, tênis, schoen, schoenen, スニーカー, 靴, 运动鞋, 鞋子, 球鞋, 鞋, 운동화
mug: mug, coffee mug, tea mug, becher, kaffeebecher, tasse, tasses, taza, tazas, tazza, tazze, caneca, xícara, cup, cups, マグカップ, カップ, 杯子, 马克杯
coffee: espresso cup, cup of espresso, cup of tea, cup of coffee, coffee cup, coffee, cup of tea, tea, espresso, cappuccino, latte, hot chocolate, kaffee, tasse kaffee, kaffeetasse, tasse de café, café, cafe crème, taza de café, tazza di caffè, caffè, xícara de café, koffie, コーヒー, 咖啡, 커피
basket: basket, baskets, korb, panier, cesta, cesto
espresso-machine: espresso machine, coffee machine, coffee maker, kaffeemaschine, machine à café, cafetera, macchina da caffè
paper-cup: paper cup, to go cup, takeaway coffee, takeaway cup, coffee to go, iced coffee
cup-with-straw: soda, soft drink, milkshake, smoothie, iced drink, cola
water-bottle: bottle, bottles, water bottle, drink bottle, drinking bottle, thermos, flask, flasche, flaschen, trinkflasche, wasserflasche, bouteille, bouteilles, gourde, botella, botellas, bottiglia, bottiglie, borraccia, garrafa, garrafas, ボトル, 水筒, 瓶子, 水瓶
wine-bottle: wine bottle, bottle of wine, red wine, white wine, weinflasche, bouteille de vin, botella de vino, bottiglia di vino
wine-glass: wine, wine glass, glass of wine, wein, weinglas, vin, verre de vin, vino, copa, vinho
tumbler-glass: whisky, whiskey, tumbler
glass-of-milk: glass, milk, glass of milk, milch, lait, leche, latte bianco, leite, 牛奶, ミルク
perfume: bouteille de parfum, flacon de parfum, frasco de perfume, botella de perfume, perfume, parfum, parfüm, perfume bottle, fragrance, cologne, eau de parfum, flacon, perfumes, profumo, 香水, パルファム
serum: serum, serum bottle, dropper, dropper bottle, essential oil, oil, skincare, skin care, sérum, kosmetik
cosmetic-jar: cosmetic jar, cream jar, face cream, moisturizer, moisturiser, jar of cream, cosmetics, creme, crème de jour, crema facial
lotion-bottle: lotion, shampoo, conditioner, soap dispenser, body wash, lotion bottle, sunscreen, seife flüssig
candle: candle, candles, scented candle, kerze, kerzen, duftkerze, bougie, bougies, vela, velas, candela, candele, キャンドル, ろうそく, 蜡烛
hoodie: hoodie, hoodies, hooded sweatshirt, sweatshirt, sweater, jumper, pullover, kapuzenpullover, pull, sudadera, felpa, moletom, パーカー, 连帽衫, 卫衣
tee: t-shirt, t-shirts, tshirt, tee shirt, tee, shirt, tee-shirt, camiseta, maglietta, Tシャツ, t恤, 衬衫
tote-bag: tote, tote bag, tote bags, canvas bag, bag, bags, tasche, taschen, stofftasche, sac, sacs, bolsa, bolsas, borsa, borse, sacola, バッグ, トートバッグ, 袋子, 包, 包包
handbag: handbag, hand bag, leather bag, handtasche, sac à main, bolso, borsetta
shopping-bags: shopping bag, shopping bags, shopping, einkaufstasche, einkaufstüte, compras
backpack: backpack, rucksack, sac à dos, mochila, zaino, リュック, 背包
sofa: sofa, sofas, couch, settee, sofá, canapé, divano, ソファ, ソファー, 沙发, 소파
armchair: armchair, arm chair, sessel, fauteuil, sillón, poltrona, アームチェア
chair: chair, chairs, stuhl, stühle, chaise, chaises, silla, sillas, sedia, sedie, cadeira, 椅子, いす
floor-lamp: lamp, lamps, floor lamp, standing lamp, lampe, lampen, stehlampe, lampes, lampadaire, lámpara, lampada, luminária, ランプ, 灯, 台灯
table-lamp: table lamp, desk lamp, bedside lamp, schreibtischlampe, tischlampe
rug: rug, rugs, carpet, teppich, tapis, alfombra, tappeto, tapete, ラグ, 地毯
pillow: pillow, pillows, cushion, cushions, kissen, coussin, coussins, oreiller, cojín, almohada, cuscino, almofada, 枕, クッション, 枕头
vase: vase, vases, jarrón, vaso di fiori, 花瓶
potted-plant: plant, plants, potted plant, houseplant, house plant, pflanze, pflanzen, zimmerpflanze, plante, plantes, planta, plantas, pianta, piante, 植物, 観葉植物
table: table, tables, desk, tisch, tische, schreibtisch, mesa, mesas, tavolo, tavolino, bureau, テーブル, 机, 桌子
bed: bed, beds, mattress, bett, betten, lit, lits, cama, camas, letto, letti, ベッド, 床
smartphone: phone, phones, smartphone, smartphones, mobile phone, cell phone, cellphone, iphone, handy, telefon, téléphone, teléfono, móvil, telefono, telefone, celular, スマホ, スマートフォン, 手机, 휴대폰
laptop: laptop, laptops, notebook computer, macbook, computer, computers, ordinateur, ordenador, portátil, computadora, computador, ノートパソコン, 笔记本电脑, 电脑
desktop-computer: desktop computer, monitor, screen, pc, desktop
tablet: tablet, tablets, ipad, tablette, タブレット
keyboard: computer keyboard, computer keyboards, keyboard, keyboards, tastatur, clavier, teclado, tastiera
computer-mouse: computer mouse, wireless mouse
television: tv, tvs, televisions, television, tv set, fernseher, télé, televisor
headphone: headphones, headphone, headset, earphones, wireless headphones, kopfhörer, casque audio, casque, auriculares, cuffie, fones, fones de ouvido, ヘッドホン, 耳机, 헤드폰
earbuds: earbuds, ear buds, wireless earbuds, airpods
smart-speaker: speaker, speakers, smart speaker, bluetooth speaker, lautsprecher, enceinte, altavoz, altoparlante, caixa de som, 音箱, スピーカー
watch: watch, watches, wristwatch, armbanduhr, uhr, montre, montres, reloj, relojes, orologio, relógio, 腕時計, 手表
smartwatch: smartwatch, smart watch, fitness tracker, fitness watch
camera: camera, cameras, kamera, appareil photo, cámara, fotocamera, câmera, カメラ, 相机
drone: drone, drones, drohne, quadcopter, ドローン, 无人机
sunglasses: sunglasses, shades, sonnenbrille, lunettes de soleil, gafas de sol, occhiali da sole, óculos de sol, サングラス, 太阳镜, 墨镜
glasses: glasses, eyeglasses, spectacles, brille, lunettes, gafas, occhiali, óculos, 眼镜
billed-cap: cap, caps, baseball cap, kappe, mütze, casquette, gorra, cappellino, boné, キャップ, 帽子
womans-hat: hat, hats, sun hat, hut, hüte, chapeau, sombrero, cappello, chapéu
top-hat: top hat
womans-boot: boot, boots, stiefel, botte, bottes, bota, botas, stivale, stivali
high-heeled-shoe: heels, high heels, high heel, pumps, stiletto
thong-sandal: sandal, sandals, flip flop, flip flops, sandalen
mans-shoe: dress shoe, leather shoe, loafer, oxford shoe
socks: sock, socks, socken, chaussettes, calcetines, calzini, meias, 袜子
dress: dress, dresses, kleid, robe, vestido, vestito, ドレス, 连衣裙
jeans: jeans, trousers, pants, hose, pantalon, pantalón, pantaloni, calças
coat: coat, jacket, coats, jackets, mantel, jacke, manteau, veste, abrigo, chaqueta, cappotto, giacca, casaco
ring: ring, rings, diamond ring, wedding ring, anello, bague, anillo, 戒指
necklace: necklace, necklaces, pendant, halskette, collier, collar de perlas, collana, colar
earrings: earring, earrings, ohrringe, boucles d'oreilles, pendientes, orecchini, brincos
automobile: car, cars, automobile, auto, autos, wagen, voiture, voitures, coche, coches, carro, carros, macchina, macchine, 車, 汽车, 车, 자동차
sport-utility-vehicle: suv, jeep, minivan, van, camper van, 4x4
automobile: sports car
racing-car: race car, racing car, formula one car, f1 car
pickup-truck: pickup, pickup truck
delivery-truck: truck, trucks, delivery van, lorry, lastwagen, camion, camión, caminhão, lieferwagen
bicycle: mountain bike, road bike, city bike, e-bike, bicycle, bicycles, bike, bikes, fahrrad, fahrräder, rad, vélo, vélos, bicicleta, bicicletas, bicicletta, bici, 自転車, 自行车, 자전거
motorcycle: motorcycle, motorbike, motorrad, moto
airplane: airplane, plane, aeroplane, jet, aircraft, flugzeug, avion, avión, aereo, avião, 飛行機, 飞机
sailboat: boat, boats, sailboat, sailing boat, yacht, boot, segelboot, bateau, barco, barca, 船, ヨット
ship: cruise ship, ship, ships
locomotive: steam train, steam engine
train: train, trains, zug, treno, tren, trem, 電車, 火车
bus: bus, buses, coach, 公交车, バス
kick-scooter: scooter, e-scooter, kick scooter
motor-scooter: moped, vespa, motor scooter
soccer-ball: sports ball, sports balls, ball, balls, football, soccer ball, soccer, fußball, ballon, ballon de foot, balón, pelota, pallone, palla, bola, サッカーボール, ボール, 足球, 球
basketball: basketball ball, basketballs
tennis: tennis ball, tennis racket, tennisball
tangerine: orange, naranja, laranja, orange fruit, oranges, tangerine, mandarin, clementine, orangen, naranjas, arance, laranjas, みかん, オレンジ, 橙子
red-apple: apple, apples, apfel, äpfel, pomme, pommes, manzana, manzanas, mela, mele, maçã, maçãs, りんご, リンゴ, 苹果, 사과
lemon: lemon, lemons, zitrone, zitronen, citron, limón, limone, limão
banana: banana, bananas, bananen, banane, bananes, plátano, バナナ, 香蕉
strawberry: strawberry, strawberries, erdbeere, erdbeeren, fraise, fraises, fresa, fresas, fragola, fragole, morango
pizza: pizza, pizzas, pizza slice, slice of pizza
birthday-cake: cake, cakes, birthday cake, kuchen, torte, gâteau, pastel de cumpleaños, tarta, torta, bolo, ケーキ, 蛋糕
shortcake: slice of cake, cake slice, cheesecake
cupcake: cupcake, cupcakes, muffin, muffins
doughnut: donut, donuts, doughnut, doughnuts
bread: bread, loaf, loaf of bread, brot, pain, pan, pane, pão, パン, 面包
sandwich: sandwich, sandwiches, toast sandwich
hamburger: burger, burgers, hamburger, cheeseburger
spaghetti: pasta, noodles, spaghetti, nudeln, pâtes
steaming-bowl: bowl of ramen, ramen bowl, bowl of noodles, ramen, soup, bowl of soup, noodle soup, suppe, soupe, sopa, zuppa, ラーメン
bowl-with-spoon: bowl, bowls, cereal, porridge, schüssel, bol, schale, ciotola, tigela, 碗
fork-and-knife-with-plate: plate, plates, dinner, meal, restaurant, dish
fork-and-knife: fork, forks, cutlery, knife and fork, gabel
kitchen-knife: knife, knives, messer, couteau, cuchillo
spoon: spoon, spoons, löffel
beer-mug: beer, beers, bier, bière, cerveza, birra, cerveja, ビール, 啤酒
bottle-with-popping-cork: champagne, prosecco, sparkling wine, sekt, champagner
egg: egg, eggs, ei, eier, œuf, huevo, huevos, uovo, uova, ovo, ovos
honey-pot: honey, honig, miel, miele
jar: jar, jars, jam jar, jam, marmalade, einmachglas
canned-food: can, tin, tin can, dose
beverage-box: juice box, juice, carton, saft, jus
ice-cream: bowl of ice cream
soft-ice-cream: ice cream, ice cream cone, eis, glace, helado, gelato, sorvete, アイスクリーム, 冰淇淋
chocolate-bar: chocolate, chocolate bar, schokolade, chocolat
cookie: cookie, cookies, biscuit, biscuits, keks, kekse
lighthouse: lighthouse, leuchtturm, phare, faro
house: house, houses, home, cottage, cabin, haus, häuser, maison, casa, case, casas, 家, 房子
hut: barn, shed
office-building: office building, skyscraper, tower block, building, buildings, gebäude, bâtiment, edificio
factory: factory, plant factory
tent: tent, tents, zelt, zelte, tente, tienda de campaña, tenda, barraca, テント, 帐篷
deciduous-tree: tree, trees, baum, bäume, arbre, arbres, árbol, árboles, albero, alberi, árvore, árvores, 木, 树
evergreen-tree: pine, pine tree, fir, fir tree, spruce, tannenbaum
christmas-tree: christmas tree, weihnachtsbaum, sapin, sapin de noël, árbol de navidad, albero di natale, クリスマスツリー, 圣诞树
flower-own: wildflower
tulip: tulip, tulips, tulpe, tulpen
blossom: flower, flowers, blume, blumen, fleur, fleurs, flor, flores, fiore, fiori, 花
rose: rose, roses, rose flower
bouquet: bouquet, bunch of flowers, blumenstrauß, ramo de flores
closed-book: book, books, novel, buch, bücher, livre, livres, libro, libros, libri, livro, livros, 本, 书
open-book: open book, magazine
notebook: notebook, notebooks, journal, diary, planner, notizbuch
pencil: pencil, pencils, bleistift, crayon, crayons, lápiz
pen: pen, pens, stift, kugelschreiber, stylo
package: package, parcel, box, boxes, cardboard box, shipping box, packaging, paket, karton, schachtel, colis, boîte, caja, cajas, paquete, scatola, pacco, caixa, 箱, 盒子
wrapped-gift: gift, gifts, present, presents, gift box, geschenk, geschenke, cadeau, cadeaux, regalo, regalos, regali, presente, presentes, プレゼント, 礼物
light-bulb: light bulb, bulb, idea, glühbirne, ampoule
red-heart: heart, hearts, love, herz, herzen, cœur, coeur, corazón, cuore, coração, ハート, 心
star: star, stars, stern, sterne, étoile, étoiles, estrella, stella, estrela, 星
balloon: balloon, balloons, luftballon, luftballons, ballons, globo, globos, palloncino, palloncini, balão, balões, 風船, 气球
cat: cat, cats, kitten, kitty, kitties, katze, katzen, kätzchen, chat, chats, gato, gatos, gatito, gatto, gatti, 猫, ネコ, 고양이
dog: golden retriever, labrador, corgi, husky, terrier, dachshund, guard dog, dog, dogs, puppy, puppies, hound, hund, hunde, hündchen, chien, chiens, perro, perros, cachorro, cane, cani, cão, 犬, 狗, 강아지
horse: horse, horses, pony, pferd, pferde, cheval, chevaux, caballo, cavallo, cavalo, 馬, 马
cow: cow, cows, kuh, kühe, vache, vaca, mucca
ewe: sheep, lamb, schaf, mouton, oveja, pecora
pig: pig, pigs, piglet, schwein, cochon, cerdo, maiale, porco
rabbit: rabbit, rabbits, bunny, hare, hase, kaninchen, lapin, conejo, coniglio, coelho, うさぎ, 兔子
mouse: mouse, mice, maus, souris, ratón, topo, rato
bird: bird, birds, vogel, vögel, oiseau, oiseaux, pájaro, pájaros, uccello, uccelli, pássaro, 鳥, 鸟
fish: fish, fishes, fisch, fische, poisson, poissons, pez, peces, pesce, pesci, peixe, 魚, 鱼
tropical-fish: tropical fish, goldfish
bear-seated: bear, bears, bär, ours, oso, orso, urso, 熊
wolf-seated: wolf, wolves, loup, lobo, lupo
frog-seated: frog, frogs, frosch, grenouille, rana, カエル
panda-seated: panda, pandas, panda bear
koala-seated: koala, koalas
hamster-seated: hamster, hamsters
polar-bear-seated: polar bear, polar bears, white bear, eisbär
raccoon-seated: raccoon, raccoons
teddy-bear: teddy, teddy bear, plush bear, stuffed animal, plush, plushie, toy bear, bear toy
fox-seated: fox, foxes, fuchs, füchse, renard, zorro, volpe, raposa, キツネ, 狐狸
owl: owl, owls, eule, eulen, hibou, búho, gufo, coruja, フクロウ, 猫头鹰
honeybee: bee, bees, biene, bienen, abeille, abeja, ape, abelha
butterfly: butterfly, butterflies, schmetterling, schmetterlinge, papillon, papillons, mariposa, farfalla, borboleta
elephant: elephant, elephants, elefant, elefanten, éléphant, elefante
lion-seated: lion face, lions, löwe, león, leone, leão
tiger: tiger, tigers
zebra: zebra, zebras
giraffe: giraffe, giraffes
teapot: teapot, tea pot, kettle, teekanne, théière, tetera, teiera
toothbrush: toothbrush, toothbrushes, zahnbürste
soap: soap, soap bar, bar of soap, seife, savon, jabón, sapone
scissors: scissors, schere
umbrella: umbrella, umbrellas, regenschirm, parapluie, paraguas, ombrello, 傘, 雨伞
beach-with-umbrella: beach umbrella
alarm-clock: alarm clock, wecker
mantelpiece-clock: clock, clocks
key: key, keys, schlüssel, clé, llave, chiave, chave
suitcase: suitcase
luggage: luggage, suitcases, koffer, valise, maleta, valigia, mala
briefcase: briefcase, aktentasche
wallet: wallet, wallets, geldbörse, portefeuille, cartera, portafoglio
credit-card: credit card, bank card, debit card, kreditkarte
money-bag: money, savings, geld, argent, dinero, soldi, dinheiro
coin: coins, coin, münze
shopping-cart: shopping cart, cart, trolley, einkaufswagen
guitar: guitar, guitars, gitarre, guitare, guitarra, chitarra, violão, ギター, 吉他
musical-keyboard: piano, klavier
musical-notes: music, song, musik, musique, música
microphone: microphone, mic, podcast, mikrofon
person-standing: person, human
man-standing: man, guy, mann, homme, hombre, uomo, homem
woman-dancing: dancer, dancing woman
woman-office-worker: businesswoman, woman at work, woman
man-office-worker: businessman
office-worker: employee, manager, team, people, colleagues, coworkers, customers, staff, group, audience, equipo, équipe, squadra, equipe
woman-technologist: programmer, developer, coder
family: family
people-hugging: friends, couple, hug
person: somebody, someone
baby-sitting: baby, infant, toddler, bébé, bebé, bambino piccolo, neonato, bebê, säugling, 赤ちゃん, 婴儿
robot: robot, robots, roboter, ai assistant, bot, chatbot
rocket: rocket, rockets, spaceship, spacecraft, rakete, fusée, cohete, razzo, foguete, launch, ロケット, 火箭
man-astronaut: spaceman
astronaut: astronaut, astronauts, astronaute, astronauta, cosmonaut, 宇宙飛行士, 宇航员
ringed-planet: planet, planets, saturn
full-moon: moon, full moon, mond, lune, luna, lua, 月, 月亮
crescent-moon: crescent moon
sun: sun, sunshine, sonne, soleil, sol, sole, 太陽, 太阳
cloud: cloud, clouds, wolke, wolken, nuage, nube, nuvola, nuvem, 雲, 云
snowflake: snowflake, snowflakes, schneeflocke
snowman: snowman, schneemann, bonhomme de neige, muñeco de nieve
fire: fire, flame, flames, feuer, feu, fuego, fuoco, fogo
campfire: campfire, bonfire, lagerfeuer
mountain: mountain peak
skateboard: skateboard, skateboards
yoga-mat: yoga mat
man-in-lotus-position: yoga man
woman-in-lotus-position: woman doing yoga, yoga woman, yoga, yoga pose, meditation, meditating woman
person-biking: cyclist, biker
person-running: runner, jogger, running person, jogging
woman-running: running woman
surfboard: surfboard, surf board
person-surfing: surfer, surfing
dumbbell: dumbbell, dumbbells, weights, barbell, kettlebell, hantel
refrigerator: refrigerator, fridge, kühlschrank, réfrigérateur, frigo, nevera, frigorifero, geladeira, 冷蔵庫, 冰箱
oven: oven, stove, cooker, ofen, herd, four, horno, forno, オーブン
microwave: microwave, mikrowelle, micro-ondes, microondas
toaster: toaster, grille-pain, tostadora
blender: blender, mixer, mixeur, licuadora
sink: sink, washbasin, waschbecken
toilet: toilet
bench: bench, park bench, bank bench
traffic-light: traffic light, ampel
fire-hydrant: fire hydrant, hydrant
parking-meter: parking meter
stop-sign: stop sign
tie-own: cravat
necktie: tie, necktie, krawatte
baseball-bat: baseball bat
baseball-glove: baseball glove, baseball mitt
frisbee-own: disc golf
flying-disc: frisbee
skis: skis, ski
snowboard: snowboard, snowboards
hair-drier: hair drier, hair dryer, föhn
tv-remote: tv remote, remote, remote control, computer remote
broccoli: broccoli, brokkoli
carrot: carrot, carrots, karotte, karotten, möhre
hot-dog: hot dog, hot dogs
kite: kite, kites, drachen
dining-table: dining table
t-rex: dinosaur, dinosaurs, trex, dino, dinosaurier
dragon: dragon, dragons, drache
unicorn-own: pegasus
unicorn-standing: unicorn, unicorns, einhorn, licorne, unicornio
chart-increasing: chart, graph, growth, statistics, analytics
magnifying-glass-tilted-left: magnifying glass, search, lupe
locked: lock, padlock, security, schloss
bell: notification, bell, glocke
envelope: envelope, mail, letter, brief, newsletter
calendar: calendar, kalender
gear: gear, settings, cog
trophy: trophy, award, pokal
megaphone: megaphone, announcement, marketing
speech-balloon: chat bubble, speech bubble, message
jack-o-lantern: pumpkin, pumpkins, kürbis, citrouille, calabaza, zucca, abóbora, jack o lantern, かぼちゃ, 南瓜
fallen-leaf: autumn leaf, autumn leaves, fallen leaves
leaf-fluttering-in-wind: leaf, leaves, blatt, blätter, feuille, feuilles, hoja, hojas, foglia, folha
herb: herb, mint leaf, basil
palm-tree: palm, palm tree, palm trees, palme, palmen, palmier, palmera
cactus: cactus, cacti, kaktus
sparkles: sparkle, sparkles, magic
blanket: blanket, throw blanket, decke, couverture, manta, coperta
apron: apron
bookshelf: bookshelf, bookcase, shelf, shelves, regal
mirror: mirror, spiegel
hot-air-balloon: hot air balloon, hot air balloons, hot-air balloon, heißluftballon, heißluftballons, montgolfière, globo aerostático, mongolfiera, balão de ar quente, 熱気球, 热气球
macaron: macaron, macarons, macaroon, macaroons, マカロン, 马卡龙
fruit-bowl: bowl of fruit, fruit bowl, bowl of fruits, fruit basket, basket of fruit, fruits, fruit, obst, obstschale, früchte, corbeille de fruits, fruta, frutas, frutta, フルーツ, 果物, 水果
passport: passport, passports, reisepass, passeport, pasaporte, passaporto, passaporte, パスポート, 护照
wind-turbine: wind turbine, wind turbines, windmill, windmills, wind power, windrad, windräder, éolienne, turbina eólica
solar-panel: solar panel, solar panels, solar energy, solar power, solaranlage, panneau solaire, panel solar
server: server, servers, server rack, data center, data centre, hosting, cloud servers
barn: barn, barns, scheune, grange, granero, fienile, farmhouse
eiffel-tower: eiffel tower, the eiffel tower, eiffelturm, tour eiffel, torre eiffel, エッフェル塔, 埃菲尔铁塔
fireworks-burst: firework, fireworks, feuerwerk, feux d'artifice, fuegos artificiales, fuochi d'artificio, fogos de artifício, 花火, 烟花
branch: branch, tree branch, twig, ast, zweig, branche, rama
hammock: hammock, hängematte, hamac, hamaca, amaca, rede de descanso
olive-oil: olive oil, bottle of olive oil, bottle of oil, oil bottle, olivenöl, huile d'olive, aceite de oliva, olio d'oliva, azeite
child-standing: child, children, kid, kids, boy, boys, girl, girls, toddler, kind, kinder, junge, mädchen, enfant, enfants, niño, niña, niños, niñas, bambino, bambina, bambini, criança, crianças, menino, menina, dziecko, dzieci, 子供, 子ども, 男の子, 女の子, 孩子, 男孩, 女孩, 아이
robot-standing: robot, robots, roboter, ai assistant, robô, ロボット, 机器人, 로봇
scarecrow: scarecrow, vogelscheuche, épouvantail, espantapájaros
woman-standing: woman, lady, frau, femme, mujer, donna, mulher, vrouw, kobieta, 女性, 女人, женщина, women, ladies
woman-cook: chef, chefs, cook, koch, köchin, cuisinier, cuisinière, cocinero, cocinera, cuoco, cozinheiro, シェフ, 厨师
woman-health-worker: doctor, doctors, nurse, physician, arzt, ärztin, médecin, médico, médica, médecins, medico, infermiera, enfermera, 医者, 医生
woman-teacher: teacher, lehrer, lehrerin, professeur, profesora, insegnante
bouquet: flowers, bunch of flowers, bouquet, bouquet of flowers, bouquets, blumen, blumenstrauß, fleurs, flores, fiori, bloemen, kwiaty, お花, 花束, 鲜花, bouquet of tulips, bouquet of roses
hibiscus: flower, blume, fleur, flor, fiore, bloem, kwiat, цветок
honey-pot: jar of honey, honey, honey jar, pot of honey, honig, honigglas, miel, miele, mel
spoon: wooden spoon, teaspoon, löffel, cuillère, cuchara, cucchiaio
jar: jar, jars, mason jar, jam, marmalade, konfitüre
chart-increasing: growth, wachstum, croissance, crecimiento, crescita
locked: privacy, data privacy, cybersecurity, cyber security, data protection, datenschutz, encryption
shield: shield, protection, insurance, schild
coffee: cups of coffee, mugs of coffee, cups of tea, tassen kaffee, tasses de café, tazas de café, taza de café, tazze di caffè, tazza di caffè, xícaras de café, xícara de café, chávena de café, kopje koffie, filiżanka kawy, コーヒー, 咖啡, 커피, кофе, kawa, koffie, kaffe
croissant: cornetto, cornetti, croissants, croissant
toolbox: toolbox, tool kit, werkzeug
house: house, village house, haus, maison, casa, huis, dom, 家, 房子, 집, дом, hus
houses: village, town houses, dorf, pueblo, villaggio, vila
headphone: headset, headsets
cooking: frying pan, pan, saucepan, pfanne
pot-of-food: pot, cooking pot, stew, casserole
carrot: carrots, karotten, carottes, zanahorias, carote, cenouras
beverage-box: juice, juice box, saft
bread: toast, avocado toast
wrapped-gift: gift, gifts, gift box, present, presents, geschenk, geschenke, cadeau, cadeaux, regalo, regalos, regali, presente, presentes, prezent, подарок, プレゼント, 礼物
light-bulb: idea, light bulb, lightbulb, glühbirne, ampoule, bombilla, lampadina
handshake: partnership, teamwork, handshake, deal, zusammenarbeit, collaboration
trophy: success, winner, champion, erfolg, succès, éxito, successo
light-rail: monorail
sushi: sushi, 寿司, すし
beach-with-umbrella: parasol, sonnenschirm, sombrilla, ombrellone, guarda-sol
cat: кот, кошка, коты, kot, koty, kotek, katt, katter, kat, katten, 고양이, 猫咪, 小猫
dog: pies, psy, собака, собаки, hund, hunde, hundar, hond, honden, 개, 강아지, 小狗, 狗
automobile: samochód, samochody, машина, автомобиль, bil, bilar, biler, auto's, auto
bicycle: rower, rowery, велосипед, cykel, cyklar, fiets, fietsen
sofa: диван, диване, kanapa, kanapie, soffa
balloon: luftballons, luftballon, ballons, balony, ballonnen, шар, шары, воздушные шары
"""

REVIEWED: Mapping[str, str] = MappingProxyType(
    {
        word.strip().lower(): piece.strip()
        for line in _TABLE.strip().splitlines()
        for piece, _, listed in [line.partition(":")]
        for word in listed.split(",")
    }
)
"""Word or phrase in lower case -> name of a drawing. Names that the archive lacks are skipped by whoever looks up."""

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "pan": "cooking",
        "van": "minibus",
        "camper": "minibus",
        "pains": "bread",
        "pies": "pie",
        "kind": "",
        "rower": "",
        "ast": "",
        "present": "",
    }
)
"""Words that mean one thing in English and another in a neighbour's language."""

SCENERY = frozenset(
    """cityscape cityscape-at-dusk night-with-stars sunrise sunset sunrise-over-mountains milky-way bridge-at-night foggy national-park fireworks
    sparkler mountain snow-capped-mountain volcano mount-fuji desert desert-island camping beach-with-umbrella passport-control customs baggage-claim left-luggage potable-water
    non-potable-water wavy-dash part-alternation-mark children-crossing water-closet wind-face globe-showing-americas window map-of-japan
    reminder-ribbon unlocked wavy-line paw-prints chart-decreasing office-building kitchen-knife low-battery""".split()
)
"""Drawings that are whole pictures or signs: a keyword alone does not call them, only a reviewed word does."""

SIGNS = re.compile(
    r"(triangle|circle|square$|-square-|-symbol|diamond$|^large-|^small-|-mark$|-suit$|-face$|medium-|zodiac|^input)"
)
"""Names of drawings that are signs rather than things."""

REPLACED: Mapping[str, str] = MappingProxyType(
    {
        "running-shoe": "sneaker",
        "t-shirt": "tee",
        "hot-beverage": "coffee",
        "fox": "fox-seated",
        "bear": "bear-seated",
        "lion": "lion-seated",
        "wolf": "wolf-seated",
        "frog": "frog-seated",
        "panda": "panda-seated",
        "koala": "koala-seated",
        "hamster": "hamster-seated",
        "polar-bear": "polar-bear-seated",
        "raccoon": "raccoon-seated",
        "black-cat": "cat",
        "mobile-phone": "smartphone",
        "couch-and-lamp": "sofa",
        "teacup-without-handle": "mug",
        "speaker-high-volume": "smart-speaker",
        "chicken": "hen",
        "baby": "baby-sitting",
        "unicorn": "unicorn-standing",
        "old-woman": "grandmother-standing",
        "old-man": "grandfather-standing",
        "santa-claus": "santa-standing",
    }
)
"""Drawings of the emoji set that one of ours shows better."""

HEIGHT: Mapping[str, float] = MappingProxyType(
    {
        piece: float(height)
        for line in """
3.0 eiffel-tower wind-turbine hot-air-balloon lighthouse office-building castle ship factory ferris-wheel stadium passenger-ship statue-of-liberty japanese-castle department-store hotel hospital bank school classical-building church mosque roller-coaster tokyo-tower
2.5 barn house houses house-with-garden hut deciduous-tree evergreen-tree palm-tree christmas-tree whale spouting-whale circus-tent t-rex sauropod derelict-house convenience-store
2.1 bus train locomotive airplane elephant giraffe rocket delivery-truck fire-engine articulated-lorry tent helicopter tractor minibus trolleybus metro light-rail sailboat mammoth tram dragon ferry
1.8 unicorn-standing automobile taxi police-car racing-car ambulance sport-utility-vehicle pickup-truck horse cow camel two-hump-camel rhinoceros hippopotamus speedboat motor-boat unicorn zebra moose bear polar-bear gorilla floor-lamp bookshelf refrigerator canoe bison ox water-buffalo fountain flying-saucer
1.5 santa-standing grandmother-standing grandfather-standing scarecrow hammock bear-seated lion-seated polar-bear-seated sofa bed motorcycle bicycle motor-scooter door table armchair person-standing man-standing woman-standing astronaut snowman snowman-without-snow lion tiger deer shark dolphin crocodile leopard kangaroo cactus bathtub santa-claus dining-table
1.25 dog wolf pig ewe goat ram llama chair floor-lamp guitar television panda swan flamingo penguin seal person-biking beach-with-umbrella desktop-computer oven
1.0 robot-standing child-standing server solar-panel open-box cat fox-seated wolf-seated panda-seated koala-seated rabbit suitcase luggage potted-plant turtle monkey eagle peacock bench sloth otter teddy-bear rug
0.85 backpack hoodie coat dress umbrella goose rooster turkey chicken hen
0.7 fruit-bowl tee tote-bag handbag t-shirt jeans laptop birthday-cake balloon basketball soccer-ball parrot owl watermelon kite vase table-lamp pineapple drum wrapped-gift package bouquet jack-o-lantern microwave raccoon skateboard
0.55 olive-oil passport branch frog-seated hamster-seated raccoon-seated sneaker books teapot headphone bird duck fish squirrel chipmunk hedgehog hamburger pizza wine-bottle water-bottle bottle-with-popping-cork alarm-clock toaster pillow smart-speaker high-heeled-shoe womans-boot crown frog mouse rat hamster
0.45 mug coffee hot-beverage cup-with-straw perfume candle serum cosmetic-jar red-apple green-apple tangerine lemon pear peach banana smartphone closed-book notebook camera jar honey-pot beer-mug wine-glass cocktail-glass tropical-drink doughnut cupcake croissant sandwich taco hot-dog carrot eggplant corn ice-cream soft-ice-cream tulip rose sunflower blossom lotion-bottle paper-cup tumbler-glass glass-of-milk bowl-with-spoon steaming-bowl mushroom snail butterfly crab lobster potato
0.3 computer-mouse
0.4 spoon fork-and-knife kitchen-knife keyboard tv-remote scissors bowl-with-spoon teapot tennis flying-disc
3.0 skyscraper bridge pyramid windmill warehouse
2.5 greenhouse shop market-stall igloo submarine
2.1 camper-van excavator
1.8 forklift ev-charger wardrobe fireplace curtains
1.5 stairs dresser crib whiteboard treadmill
1.25 office-chair washing-machine bean-bag lawn-mower wheelbarrow knight dog-house stroller
1.0 stool pendant-lamp fence rocking-horse treasure-chest barrel rake shovel vacuum-cleaner tripod aquarium-tank bathrobe trash-bin fan
0.85 skirt blazer shirt birdhouse bird-cage crate robot-vacuum sleeping-bag air-conditioner
0.7 baby-sitting wreath paper-bag gift-bag watering-can water-jug record-player amplifier wall-clock christmas-stocking security-camera pumpkin paint-can
0.55 kettle first-aid-kit router towel toy-blocks sun-hat witch-hat salad-bowl piggy-bank vinyl-record iron drill pet-bowl lavender
0.45 beanie slippers cutting-board vr-headset lantern cereal-box snack-bag coffee-bag pouch milk-carton calculator paint-roller cauliflower diffuser binoculars bird-cage monstera-leaf webcam
0.4 bow-tie belt spray-bottle rolling-pin whisk spatula pliers tape-measure hairbrush rubber-duck gingerbread-man starfish seahorse cocktail-shaker beer-bottle sauce-bottle
0.34 tube aerosol-can soda-can glass-of-water popsicle candy-cane power-bank bracelet compact palette-eyeshadow stapler rubber-stamp sticky-note business-card gold-bars pill-bottle face-mask bauble asparagus
0.3 mascara nail-polish-bottle makeup-brush raspberry plum radish easter-egg coffee-bean usb-stick microchip metal-nail whistle pacifier qr-code
0.34 macaron watch smartwatch sunglasses glasses ring key earrings strawberry cherries grapes honeybee lady-beetle bug ant spider egg chestnut coin lipstick nail-polish earbuds cookie candy blueberries pen pencil dice
""".strip().splitlines()
        for height, *pieces in [line.split()]
        for piece in pieces
    }
)
"""Height of things in metres, squeezed for pictures; 0.6 for the rest."""

BODY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sailboat": ("#ff9f2e", "#ff8257", "#fcd53f"),
        "kite": ("#00a6ed", "#f9c23c", "#f8312f", "#86d72f"),
        "delivery-truck": ("#fcd53f", "#ff822d"),
        "bed": ("#3f5fff", "#533566"),
        "skis": ("#ff6723", "#00a6ed", "#26eafc", "#0074ba"),
        "train": ("#9b9b9b", "#3f5fff"),
        "shopping-bags": ("#00a6ed", "#f9c23c", "#0074ba"),
        "airplane": ("#cdc4d6", "#0084ce"),
        "bicycle": ("#f9c23c", "#f92f60"),
        "bus": ("#ffb02e", "#e6e6e6"),
        "handbag": ("#6d4534", "#f3ad61"),
        "laptop": ("#d3d3d3", "#9b9b9b", "#7167a4"),
        "necktie": ("#433b6b",),
        "motorcycle": ("#f92f60", "#ff822d"),
        "potted-plant": ("#86d72f", "#f3ad61", "#f3c07b"),
        "soccer-ball": ("#f4f4f4", "#3f5fff", "#1c5cd7", "#bebebe"),
        "wine-glass": ("#bb1d80", "#aeddff"),
    }
)
"""Where a drawing's body has several colours: all of them change when it is asked for in one."""

FLYING = frozenset(
    """hot-air-balloon fireworks-burst balloon bird honeybee butterfly airplane helicopter rocket kite sun full-moon crescent-moon cloud star glowing-star dove eagle parachute flying-saucer snowflake sparkles ringed-planet satellite comet small-airplane drone ghost bat
    pendant-lamp sun-behind-cloud sun-with-face rainbow cloud-with-rain cloud-with-snow high-voltage fireworks airplane-departure airplane-arrival shooting-star parrot lady-beetle mosquito fly droplet bubbles red-heart musical-notes speech-balloon""".split()
)
"""Drawings that hang in the air, without a shadow under them."""

FIXED = frozenset(
    """chart-increasing bar-chart alarm-clock mantelpiece-clock watch smartwatch closed-book books notebook calendar keyboard laptop television desktop-computer
    smartphone tablet stop-sign credit-card envelope newspaper scroll guitar musical-notes speech-balloon magnifying-glass-tilted-left passport tote-bag server perfume serum
    cosmetic-jar wine-bottle olive-oil tube soda-can beer-bottle cereal-box milk-carton wall-clock calculator qr-code business-card whiteboard gift-bag toy-blocks piggy-bank iron taxi bus police-car ambulance fire-engine world-map globe-showing-europe-africa""".split()
)
"""Drawings that are wrong when mirrored: they bear writing, a direction, or a clock's face."""

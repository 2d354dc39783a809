CREATE TABLE checkpoint (
                id INTEGER PRIMARY KEY CHECK (id = 1), text TEXT NOT NULL
              ) WITHOUT ROWID;
INSERT INTO checkpoint VALUES (1, '[1,"0",0,0,0,1,0,null,7776000000,null,null,[],0,{"unread":0,"unseen":0,"total":0,"removed":0,"seen":[],"read":[],"notBefore":null,"follows":1}]');
CREATE TABLE follows (
           topic TEXT PRIMARY KEY, epoch TEXT NOT NULL, cursor INTEGER NOT NULL, floor INTEGER NOT NULL
         ) WITHOUT ROWID;
INSERT INTO follows VALUES ('builds-of-before-0.1.0', 'y3fh9jmm3p', 0, 0);
CREATE TABLE ids_0 (
         key TEXT PRIMARY KEY, offset INTEGER NOT NULL, digest TEXT NOT NULL, at INTEGER NOT NULL
       ) WITHOUT ROWID;
INSERT INTO ids_0 VALUES ('test
once-1', 1, 'iAtG6195W3lNNE2uUvNSDYawxoNfVsri/753maEYE2A=', 1795875620939);
INSERT INTO ids_0 VALUES ('test
once-2', 20, '9Vn8Mxy8jM69ZGqLALG1HAEXPGPHK5bZZTf/D5GwPHM=', 1795875621417);
CREATE TABLE ids_1 (
         key TEXT PRIMARY KEY, offset INTEGER NOT NULL, digest TEXT NOT NULL, at INTEGER NOT NULL
       ) WITHOUT ROWID;
CREATE TABLE log (
     offset INTEGER PRIMARY KEY,
     body TEXT,
     time INTEGER NOT NULL,
     expires INTEGER,
     category TEXT,
     changed INTEGER,
     seen_at INTEGER,
     read_at INTEGER,
     archived_at INTEGER,
     topic TEXT,
     topic_offset INTEGER,
     checkpoint TEXT
   );
INSERT INTO log VALUES (1, '"id":"once-1","source":"test","category":"ci","notification":{"title":"Build passed"},"data":{"round":1}', 1795875620939, NULL, 'ci', NULL, NULL, NULL, NULL, NULL, NULL, '[1,"de3unbyjl2",1,1795875620939,1,1,0,1803651620939,7776000000,1803651620939,[0,1795875620939,1],[],0,{"unread":1,"unseen":1,"total":1,"removed":0,"seen":[],"read":[],"notBefore":null,"follows":1}]');
INSERT INTO log VALUES (2, '"id":"791f163f-bb00-4eef-9607-3b4aec9e5e8d","source":"test","notification":{"title":"read"}', 1795875620959, NULL, NULL, 12, 1795875620981, 1795875620981, NULL, NULL, NULL, NULL);
INSERT INTO log VALUES (4, '"id":"415fca56-e68a-4af6-81a5-b9f23c015ddf","source":"test","notification":{"title":"restored"}', 1795875620959, NULL, NULL, 14, NULL, NULL, 0, NULL, NULL, NULL);
INSERT INTO log VALUES (6, '"id":"96d182d6-8a69-48ff-855a-e6e7ddb8b551","source":"test","notification":{"title":"unread"}', 1795875620959, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO log VALUES (7, '"id":"21d3f070-8c56-43e3-ab39-453e1c2cf529","source":"test","notification":{"title":"unread"}', 1795875620959, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO log VALUES (8, '"id":"7d13c3d4-6e80-47d5-9999-7274ae12d429","source":"test","notification":{"title":"unread"}', 1795875620959, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO log VALUES (9, '"id":"de56757c-49cc-4ae2-a940-bc37e9ef34cc","source":"test","notification":{"title":"unread"}', 1795875620959, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[1,"de3unbyjl2",9,1795875620959,9,1,0,1803651620939,7776000000,1803651620939,[0,1795875620939,1],[],0,{"unread":9,"unseen":9,"total":9,"removed":0,"seen":[],"read":[],"notBefore":null,"follows":1}]');
INSERT INTO log VALUES (10, '"id":"6644c0f0-e6ed-4ff0-90e3-26fb286a880f","source":"test","notification":{"title":"ends by itself"}', 1795875620965, 1795962020965, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[1,"de3unbyjl2",10,1795875620965,10,1,0,1795962020965,7776000000,1803651620939,[0,1795875620939,1],[],0,{"unread":10,"unseen":10,"total":10,"removed":0,"seen":[],"read":[],"notBefore":null,"follows":1}]');
INSERT INTO log VALUES (11, '"id":"20f63079-11bf-4782-b47c-ed8fdd9cc32c","source":"test","type":"for.programs","data":{"round":1}', 1795875620969, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[1,"de3unbyjl2",16,1795875620969,11,1,0,1795962020965,7776000000,1803651620939,[0,1795875620939,1],[],0,{"unread":8,"unseen":7,"total":9,"removed":16,"seen":[{"upTo":1,"at":1795875621008,"changed":15}],"read":[],"notBefore":null,"follows":1}]');
INSERT INTO log VALUES (17, '"id":"topic-1-1","source":"test","notification":{"title":"News 1"},"data":{"n":1},"topic":"builds-of-before-0.1.0","topic_offset":1', 1795875621051, NULL, NULL, NULL, NULL, NULL, NULL, 'builds-of-before-0.1.0', 1, '[1,"de3unbyjl2",17,1795875621051,12,1,0,1795962020965,7776000000,1803651620939,[0,1795875620939,1],[],0,{"unread":9,"unseen":8,"total":10,"removed":16,"seen":[{"upTo":1,"at":1795875621008,"changed":15}],"read":[],"notBefore":null,"follows":1}]');
INSERT INTO log VALUES (18, '"id":"topic-1-2","source":"test","notification":{"title":"News 2"},"data":{"n":2},"topic":"builds-of-before-0.1.0","topic_offset":2', 1795875621077, NULL, NULL, NULL, NULL, NULL, NULL, 'builds-of-before-0.1.0', 2, '[1,"de3unbyjl2",18,1795875621077,13,1,0,1795962020965,7776000000,1803651620939,[0,1795875620939,1],[],0,{"unread":10,"unseen":9,"total":11,"removed":16,"seen":[{"upTo":1,"at":1795875621008,"changed":15}],"read":[],"notBefore":null,"follows":1}]');
INSERT INTO log VALUES (19, '"id":"topic-1-3","source":"test","notification":{"title":"News 3"},"data":{"n":3},"topic":"builds-of-before-0.1.0","topic_offset":3', 1795875621085, NULL, NULL, NULL, NULL, NULL, NULL, 'builds-of-before-0.1.0', 3, '[1,"de3unbyjl2",19,1795875621085,14,1,0,1795962020965,7776000000,1803651620939,[0,1795875620939,1],[],0,{"unread":11,"unseen":10,"total":12,"removed":16,"seen":[{"upTo":1,"at":1795875621008,"changed":15}],"read":[],"notBefore":1793491200,"follows":1}]');
INSERT INTO log VALUES (20, '"id":"once-2","source":"test","category":"ci","notification":{"title":"Build passed"},"data":{"round":2}', 1795875621417, NULL, 'ci', NULL, NULL, NULL, NULL, NULL, NULL, '[1,"de3unbyjl2",20,1795875621417,15,1,0,1795962020965,7776000000,1803651620939,[0,1795875620939,2],[],0,{"unread":12,"unseen":11,"total":13,"removed":16,"seen":[{"upTo":1,"at":1795875621008,"changed":15}],"read":[],"notBefore":1793491200,"follows":1}]');
INSERT INTO log VALUES (21, '"id":"435528c3-dfc6-48ab-b87f-4cce92a06bd1","source":"test","notification":{"title":"read"}', 1795875621446, NULL, NULL, 31, 1795875621510, 1795875621510, NULL, NULL, NULL, NULL);
INSERT INTO log VALUES (23, '"id":"fede0264-3c2f-4b22-b70a-c58f36226559","source":"test","notification":{"title":"restored"}', 1795875621446, NULL, NULL, 33, NULL, NULL, 0, NULL, NULL, NULL);
INSERT INTO log VALUES (25, '"id":"bdb44b45-cd7a-40f2-a5d0-e783368f8387","source":"test","notification":{"title":"unread"}', 1795875621446, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO log VALUES (26, '"id":"ece4115b-5d17-455d-a3d4-ab17007b501e","source":"test","notification":{"title":"unread"}', 1795875621446, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO log VALUES (27, '"id":"f5929331-a037-479e-96a2-3cb5ba035083","source":"test","notification":{"title":"unread"}', 1795875621446, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO log VALUES (28, '"id":"b175acfd-9961-4fe2-b2a4-93403e9f4ee6","source":"test","notification":{"title":"unread"}', 1795875621446, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[1,"de3unbyjl2",28,1795875621446,23,1,0,1795962020965,7776000000,1803651620939,[0,1795875620939,2],[],0,{"unread":20,"unseen":19,"total":21,"removed":16,"seen":[{"upTo":1,"at":1795875621008,"changed":15}],"read":[],"notBefore":1793491200,"follows":1}]');
INSERT INTO log VALUES (29, '"id":"56482670-1e9f-42b2-98b1-83a4cc68d8d6","source":"test","notification":{"title":"ends by itself"}', 1795875621465, 1795962021465, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[1,"de3unbyjl2",29,1795875621465,24,1,0,1795962020965,7776000000,1803651620939,[0,1795875620939,2],[],0,{"unread":21,"unseen":20,"total":22,"removed":16,"seen":[{"upTo":1,"at":1795875621008,"changed":15}],"read":[],"notBefore":1793491200,"follows":1}]');
INSERT INTO log VALUES (30, '"id":"247dbc7e-207a-4cc7-9c02-3241d8e5e243","source":"test","type":"for.programs","data":{"round":2}', 1795875621487, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[1,"de3unbyjl2",35,1795875621487,24,1,0,1795962020965,7776000000,1803651620939,[0,1795875620939,2],[24,2,3,4,22,7,2,8,21,10,1,12,4,12,6,12,7,12,8,12,9,12,10,12,11,12,17,12,18,12,19,14,20,12,23,15,25,13,26,13,27,13,28,13,29,13],30,{"unread":19,"unseen":7,"total":21,"removed":35,"seen":[{"upTo":1,"at":1795875621008,"changed":15},{"upTo":20,"at":1795875621568,"changed":34}],"read":[],"notBefore":1793491200,"follows":1}]');
INSERT INTO log VALUES (36, '"id":"topic-2-1","source":"test","notification":{"title":"News 1"},"data":{"n":1},"topic":"builds-of-before-0.1.0","topic_offset":4', 1795875621633, NULL, NULL, NULL, NULL, NULL, NULL, 'builds-of-before-0.1.0', 4, '[1,"de3unbyjl2",36,1795875621633,24,1,0,1795962020965,7776000000,1803651620939,[0,1795875620939,2],[3,4,22,7,2,8,21,10,1,12,4,12,6,12,7,12,8,12,9,12,10,12,11,12,17,12,18,12,19,14,20,12,23,15,25,13,26,13,27,13,28,13,29,13],30,{"unread":20,"unseen":8,"total":22,"removed":35,"seen":[{"upTo":1,"at":1795875621008,"changed":15},{"upTo":20,"at":1795875621568,"changed":34}],"read":[],"notBefore":1793491200,"follows":1}]');
INSERT INTO log VALUES (37, '"id":"topic-2-2","source":"test","notification":{"title":"News 2"},"data":{"n":2},"topic":"builds-of-before-0.1.0","topic_offset":5', 1795875621677, NULL, NULL, NULL, NULL, NULL, NULL, 'builds-of-before-0.1.0', 5, '[1,"de3unbyjl2",37,1795875621677,24,1,0,1795962020965,7776000000,1803651620939,[0,1795875620939,2],[22,7,2,8,21,10,1,12,4,12,6,12,7,12,8,12,9,12,10,12,11,12,17,12,18,12,19,14,20,12,23,15,25,13,26,13,27,13,28,13,29,13],30,{"unread":21,"unseen":9,"total":23,"removed":37,"seen":[{"upTo":1,"at":1795875621008,"changed":15},{"upTo":20,"at":1795875621568,"changed":34}],"read":[],"notBefore":1793491200,"follows":1}]');
INSERT INTO log VALUES (38, '"id":"topic-2-3","source":"test","notification":{"title":"News 3"},"data":{"n":3},"topic":"builds-of-before-0.1.0","topic_offset":6', 1795875621729, NULL, NULL, NULL, NULL, NULL, NULL, 'builds-of-before-0.1.0', 6, '[1,"de3unbyjl2",38,1795875621729,24,1,0,1795962020965,7776000000,1803651620939,[0,1795875620939,2],[2,8,21,10,1,12,4,12,6,12,7,12,8,12,9,12,10,12,11,12,17,12,18,12,19,14,20,12,23,15,25,13,26,13,27,13,28,13,29,13],30,{"unread":22,"unseen":10,"total":24,"removed":38,"seen":[{"upTo":1,"at":1795875621008,"changed":15},{"upTo":20,"at":1795875621568,"changed":34}],"read":[],"notBefore":1793491200,"follows":1}]');
CREATE TABLE migrations (id INTEGER PRIMARY KEY) WITHOUT ROWID;
INSERT INTO migrations VALUES (1);

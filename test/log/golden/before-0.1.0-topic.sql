CREATE TABLE checkpoint (
                id INTEGER PRIMARY KEY CHECK (id = 1), text TEXT NOT NULL
              ) WITHOUT ROWID;
INSERT INTO checkpoint VALUES (1, '[1,"y3fh9jmm3p",0,1795875620873,0,1,0,null,2592000000,null,null,[],0,{"delivered":0,"settings":{"access":"public","messagesMax":8,"ageMs":2592000000}}]');
CREATE TABLE ids_0 (
         key TEXT PRIMARY KEY, offset INTEGER NOT NULL, digest TEXT NOT NULL, at INTEGER NOT NULL
       ) WITHOUT ROWID;
INSERT INTO ids_0 VALUES ('test
topic-1-1', 1, 'T9OZEb8UrhhD6kkmjg/Ea02FbmxD5QD99sVUKy11s3k=', 1795875621031);
INSERT INTO ids_0 VALUES ('test
topic-1-2', 2, 'Qp1Diga6mxaH7OnVWjKHLERDuX9P7p0wqvBnZyRZ6hU=', 1795875621065);
INSERT INTO ids_0 VALUES ('test
topic-1-3', 3, 'ZlohtI8QIGe89tz2HZAOBAeyIgfhnJc0EZrAoScrGLE=', 1795875621077);
INSERT INTO ids_0 VALUES ('test
topic-2-1', 4, 'T9OZEb8UrhhD6kkmjg/Ea02FbmxD5QD99sVUKy11s3k=', 1795875621605);
INSERT INTO ids_0 VALUES ('test
topic-2-2', 5, 'Qp1Diga6mxaH7OnVWjKHLERDuX9P7p0wqvBnZyRZ6hU=', 1795875621658);
INSERT INTO ids_0 VALUES ('test
topic-2-3', 6, 'ZlohtI8QIGe89tz2HZAOBAeyIgfhnJc0EZrAoScrGLE=', 1795875621712);
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
INSERT INTO log VALUES (1, '"id":"topic-1-1","source":"test","notification":{"title":"News 1"},"data":{"n":1}', 1795875621031, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[1,"y3fh9jmm3p",1,1795875621031,1,1,0,1798467621031,2592000000,1798467621031,[0,1795875621031,1],[],0,{"delivered":1,"settings":{"access":"public","messagesMax":8,"ageMs":2592000000}}]');
INSERT INTO log VALUES (2, '"id":"topic-1-2","source":"test","notification":{"title":"News 2"},"data":{"n":2}', 1795875621065, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[1,"y3fh9jmm3p",2,1795875621065,2,1,0,1798467621031,2592000000,1798467621031,[0,1795875621031,2],[],0,{"delivered":1,"settings":{"access":"public","messagesMax":8,"ageMs":2592000000}}]');
INSERT INTO log VALUES (3, '"id":"topic-1-3","source":"test","notification":{"title":"News 3"},"data":{"n":3}', 1795875621077, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[1,"y3fh9jmm3p",3,1795875621077,3,1,0,0,2592000000,1798467621031,[0,1795875621031,3],[],0,{"delivered":3,"settings":{"access":"public","messagesMax":8,"ageMs":2592000000}}]');
INSERT INTO log VALUES (4, '"id":"topic-2-1","source":"test","notification":{"title":"News 1"},"data":{"n":1}', 1795875621605, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[1,"y3fh9jmm3p",4,1795875621605,4,1,0,1798467621031,2592000000,1798467621031,[0,1795875621031,4],[],0,{"delivered":4,"settings":{"access":"public","messagesMax":8,"ageMs":2592000000}}]');
INSERT INTO log VALUES (5, '"id":"topic-2-2","source":"test","notification":{"title":"News 2"},"data":{"n":2}', 1795875621658, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[1,"y3fh9jmm3p",5,1795875621658,5,1,0,1798467621031,2592000000,1798467621031,[0,1795875621031,5],[],0,{"delivered":5,"settings":{"access":"public","messagesMax":8,"ageMs":2592000000}}]');
INSERT INTO log VALUES (6, '"id":"topic-2-3","source":"test","notification":{"title":"News 3"},"data":{"n":3}', 1795875621712, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[1,"y3fh9jmm3p",6,1795875621712,6,1,0,1798467621031,2592000000,1798467621031,[0,1795875621031,6],[],0,{"delivered":6,"settings":{"access":"public","messagesMax":8,"ageMs":2592000000}}]');
CREATE TABLE members (
           member TEXT PRIMARY KEY,
           follows INTEGER NOT NULL,
           cursor INTEGER,
           attempts INTEGER NOT NULL DEFAULT 0,
           retry_at INTEGER
         ) WITHOUT ROWID;
INSERT INTO members VALUES ('user:ada-of-before-0.1.0', 1, NULL, 0, NULL);
INSERT INTO members VALUES ('user:bob-of-before-0.1.0', 0, NULL, 0, NULL);
CREATE TABLE migrations (id INTEGER PRIMARY KEY) WITHOUT ROWID;
INSERT INTO migrations VALUES (1);

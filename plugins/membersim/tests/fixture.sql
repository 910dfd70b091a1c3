-- A family of three with two payers: claims of the subscriber, the spouse and the child, one of them without a biller.
INSERT INTO persons VALUES
  ('P0','HH0','subscriber','Ann','O''Neil','1980-02-03','F','white','not_hispanic','12 Oak St','Houston','TX','77002','48201','7135550101','a@example.com','900010001'),
  ('P1','HH0','spouse','Bob','O''Neil','1979-05-06','M','white','not_hispanic','12 Oak St','Houston','TX','77002','48201','7135550102','b@example.com','900010002'),
  ('P2','HH0','dependent','Cy','O''Neil','2012-07-08','M','white','not_hispanic','12 Oak St','Houston','TX','77002','48201','7135550103','c@example.com','900010003'),
  ('P16','HH1','subscriber','Dee','Ray','1950-01-02','F','black','not_hispanic','9 Elm St','Houston','TX','77003','48201','7135550104','d@example.com','900010004');
INSERT INTO members VALUES
  ('M0','P0','M0','18','Ann','O''Neil','1980-02-03','F','PR1'), ('M1','P1','M0','01','Bob','O''Neil','1979-05-06','M',NULL),
  ('M2','P2','M0','19','Cy','O''Neil','2012-07-08','M',NULL), ('M16','P16','M16','18','Dee','Ray','1950-01-02','F','PR1');
INSERT INTO coverages VALUES
  ('CV0','M0','HSCO1','EVERGREEN MUTUAL HEALTH','PPO','Commercial PPO','Commercial','GRP1','FAM','2025-01-01',NULL,750,1500,6000),
  ('CV1','M1','HSCO1','EVERGREEN MUTUAL HEALTH','PPO','Commercial PPO','Commercial','GRP1','FAM','2025-01-01',NULL,750,1500,6000),
  ('CV2','M2','HSCO1','EVERGREEN MUTUAL HEALTH','PPO','Commercial PPO','Commercial','GRP1','FAM','2025-01-01','2025-06-30',750,1500,6000),
  ('CV16','M16','HSMA1','BLUE HERON MEDICARE ADVANTAGE','MA-HMO','Medicare Advantage HMO','Medicare',NULL,'EMP','2025-01-01',NULL,30,0,4900);
INSERT INTO facilities VALUES
  ('F1','2600000012','Larkspur Medical Group','clinic','261QM1300X',NULL,'890000011','5 Pine St','Houston','TX','77004','48201','7135550110',NULL),
  ('F2','2600000020','Larkspur General Hospital','hospital','282N00000X','990001','890000012','6 Pine St','Houston','TX','77004','48201','7135550111',200);
INSERT INTO providers VALUES ('PR1','2000000018','Eve','Stone','F','MD','family_medicine','207Q00000X','F1','48201','7135550120');
INSERT INTO claims VALUES
  ('C1','M0','CV0',NULL,'professional','11','F1','PR1','F1','1','2025-02-03','2025-02-03','2025-02-05','2025-02-10','paid',325.30,200,150,50,20,30,0),
  ('C2','M1','CV1',NULL,'professional','11','F1','PR1','F2','1','2025-02-04','2025-02-04','2025-02-05','2025-02-10','paid',216.00,100,80,20,0,20,0),
  ('C3','M2','CV2',NULL,'professional','10','F1','PR1','F1','1','2025-02-05','2025-02-05','2025-02-06','2025-02-10','paid',216.00,100,80,20,0,20,0),
  ('C4','M0','CV0',NULL,'professional','11',NULL,'PR1',NULL,'1','2025-02-06','2025-02-06','2025-02-07','2025-02-10','paid',216.00,100,80,20,0,20,0),
  ('C16','M16','CV16',NULL,'professional','11','F1','PR1','F1','1','2025-03-06','2025-03-06','2025-03-07','2025-03-10','paid',302.40,126,116,10,0,10,0);
INSERT INTO claim_lines VALUES
  ('C1',1,'99214',NULL,'2025-02-03',1,'1:2',302.00,190,142,48), ('C1',2,'83036','90','2025-02-03',1,'1',23.30,10,8,2),
  ('C2',1,'99213',NULL,'2025-02-04',1,'1',216,100,80,20), ('C3',1,'99213',NULL,'2025-02-05',1,'1',216,100,80,20),
  ('C4',1,'99213',NULL,'2025-02-06',1,'1',216,100,80,20), ('C16',1,'99214',NULL,'2025-03-06',1,'1:2:3',302.40,126,116,10);
INSERT INTO claim_diagnoses VALUES
  ('C1',1,'E11.65'), ('C1',2,'I10'), ('C2',1,'J06.9'), ('C3',1,'Z00.129'), ('C4',1,'I10'), ('C16',1,'E11.22'), ('C16',2,'I10'), ('C16',3,'N18.31');

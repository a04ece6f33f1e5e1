"""The words of the fictional world: names, places, and Enée's old code lists."""

FIRST_NAMES = [
    ("M.", "Adrien"), ("M.", "Amadou"), ("M.", "Antoine"), ("M.", "Bastien"), ("M.", "Cédric"),
    ("M.", "Damien"), ("M.", "Farid"), ("M.", "François"), ("M.", "Gaël"), ("M.", "Hugo"),
    ("M.", "Jérôme"), ("M.", "Julien"), ("M.", "Loïc"), ("M.", "Mathieu"), ("M.", "Mehdi"),
    ("M.", "Nicolas"), ("M.", "Olivier"), ("M.", "Rémi"), ("M.", "Sylvain"), ("M.", "Thierry"),
    ("M.", "Yann"), ("M.", "Youssef"), ("Mme", "Agnès"), ("Mme", "Aïcha"), ("Mme", "Anne-Laure"),
    ("Mme", "Béatrice"), ("Mme", "Camille"), ("Mme", "Céline"), ("Mme", "Delphine"),
    ("Mme", "Élodie"), ("Mme", "Fatou"), ("Mme", "Florence"), ("Mme", "Gaëlle"),
    ("Mme", "Hélène"), ("Mme", "Irène"), ("Mme", "Juliette"), ("Mme", "Karine"),
    ("Mme", "Laurence"), ("Mme", "Maëlle"), ("Mme", "Nadia"), ("Mme", "Noémie"),
    ("Mme", "Océane"), ("Mme", "Sandrine"), ("Mme", "Solène"), ("Mme", "Yasmine"),
]  # fmt: skip

LAST_NAMES = (
    "Abadie Arnoux Aubertin Bachelet Barbot Belkacem Benoist Bertin Blanchard Bonnefoy Bouvier "
    "Brunel Caron Castaing Chabrol Charpentier Chauvin Colin Cordier Costa Coulibaly Dabrowski "
    "Delattre Delmas Deschamps Diallo Dufresne Dumoulin Duvivier Escoffier Fabre Ferrand "
    "Fontanel Fournel Gallet Garnaud Gauthier Gilles Gosselin Guérin Guillot Hamon Haon Hocquet "
    "Imbert Jacquemin Jolivet Kerbrat Kessler Labbé Lacombe Lagarde Lecointre Lefort Lemoine "
    "Lenoir Loiseau Maréchal Marchal Masson Mazurier Mercadier Meunier Monnier Morvan Nguyen "
    "Nicolaï Ollivier Oudin Pagès Pelletier Péron Picard Poirier Prigent Quéré Rabier Rambaud "
    "Renaudin Ribeiro Rolland Roussel Sabatier Salaün Santini Sauvage Schmitt Sénéchal Simonet "
    "Tanguy Tessier Thévenot Toussaint Traoré Vallet Vasseur-Roy Verdier Vidalenc Vignal Weber "
    "Yvon Zeller"
).split()

#: postcode, city, INSEE code of the commune. Rhône and Nord come often: the demonstration's DLA.
PLACES = [
    ("69001", "Lyon", "69381"), ("69003", "Lyon", "69383"), ("69007", "Lyon", "69387"),
    ("69100", "Villeurbanne", "69266"), ("69400", "Villefranche-sur-Saône", "69264"),
    ("69200", "Vénissieux", "69259"), ("69600", "Oullins-Pierre-Bénite", "69149"),
    ("59000", "Lille", "59350"), ("59100", "Roubaix", "59512"), ("59200", "Tourcoing", "59599"),
    ("59140", "Dunkerque", "59183"), ("59500", "Douai", "59178"),
    ("59300", "Valenciennes", "59606"),
    ("33000", "Bordeaux", "33063"), ("33500", "Libourne", "33243"), ("33700", "Mérignac", "33281"),
    ("35000", "Rennes", "35238"), ("35400", "Saint-Malo", "35288"), ("35300", "Fougères", "35115"),
    ("13001", "Marseille", "13201"), ("13100", "Aix-en-Provence", "13001"),
    ("13200", "Arles", "13004"), ("97400", "Saint-Denis", "97411"),
    ("97410", "Saint-Pierre", "97416"), ("01000", "Bourg-en-Bresse", "01053"),
    ("06000", "Nice", "06088"), ("07000", "Privas", "07186"), ("20000", "Ajaccio", "2A004"),
    ("20200", "Bastia", "2B033"), ("21000", "Dijon", "21231"), ("26000", "Valence", "26362"),
    ("29200", "Brest", "29019"), ("31000", "Toulouse", "31555"), ("34000", "Montpellier", "34172"),
    ("38000", "Grenoble", "38185"), ("42000", "Saint-Étienne", "42218"),
    ("44000", "Nantes", "44109"), ("45000", "Orléans", "45234"), ("49000", "Angers", "49007"),
    ("51100", "Reims", "51454"), ("54000", "Nancy", "54395"), ("62000", "Arras", "62041"),
    ("63000", "Clermont-Ferrand", "63113"), ("67000", "Strasbourg", "67482"),
    ("72000", "Le Mans", "72181"), ("73000", "Chambéry", "73065"), ("75011", "Paris", "75111"),
    ("75019", "Paris", "75119"), ("76000", "Rouen", "76540"), ("80000", "Amiens", "80021"),
    ("84000", "Avignon", "84007"), ("86000", "Poitiers", "86194"), ("87000", "Limoges", "87085"),
    ("93200", "Saint-Denis", "93066"), ("97200", "Fort-de-France", "97209"),
]  # fmt: skip

STREETS = [
    "rue des Lilas", "avenue de la République", "place du Marché", "chemin des Vignes",
    "boulevard Jean-Jaurès", "impasse du Moulin", "quai des Tanneurs", "rue de l’Égalité",
    "allée des Platanes", "route de la Gare", "rue Louise-Michel", "cours Émile-Zola",
    "rue du Faubourg", "sentier des Écoles", "rue de la Fraternité", "passage des Arts",
]  # fmt: skip

PROVIDER_KINDS = [
    "Atelier", "Cabinet", "Coopérative", "Agence", "Collectif", "Conseil", "Études", "Compagnie",
]  # fmt: skip
PROVIDER_NAMES = [
    "Amarante", "Boussole", "Canopée", "Déclic", "Écluse", "Farandole", "Galet", "Hirondelle",
    "Itinéraires", "Jonction", "Kaléidoscope", "Lanterne", "Méandre", "Navette", "Ombelle",
    "Passerelle", "Quintessence", "Ricochet", "Semailles", "Trait d’union", "Univers", "Vigie",
    "Zéphyr", "Abeille", "Balancier", "Confluences", "Diapason", "Embarcadère", "Filigrane",
    "Girouette", "Harmonie", "Interstices", "Jalons", "Levain", "Marelle", "Nacelle", "Oasis",
]  # fmt: skip
PROVIDER_ENDS = [
    "", "Conseil", "et associés", "Développement", "& Co", "Formation", "Stratégie", "Coop",
    "Ingénierie", "Solidaire", "Accompagnement", "du Sud", "de l’Ouest", "des Alpes",
]  # fmt: skip
BENEFICIARY_KINDS = [
    "Association", "Les Amis de", "Maison de", "Régie de quartier", "Club sportif",
    "Centre social", "Ressourcerie", "Épicerie solidaire", "Compagnie théâtrale", "Crèche",
    "Chantier d’insertion", "École de musique", "Jardin", "Radio",
]  # fmt: skip
BENEFICIARY_NAMES = [
    "l’Aubépine", "la Belle Étoile", "la Clairière", "la Fabrique", "la Grande Ourse",
    "l’Horizon", "la Maisonnée", "la Passerelle bleue", "la Rivière", "la Source vive",
    "la Tanière", "l’Envol", "l’Escale", "l’Étincelle", "les Coquelicots", "les Deux Ponts",
    "les Grands Chênes", "les Hauts Prés", "les Mille Mains", "les Passeurs", "les Quatre Vents",
    "les Tisserands", "du Bocage", "du Canal", "du Port", "du Vallon", "du Vieux Moulin",
]  # fmt: skip

FUNCTIONS = {
    "M.": ["Gérant", "Consultant", "Consultant", "Directeur associé", "Formateur", ""],
    "Mme": ["Gérante", "Consultante", "Consultante", "Cheffe de projet", "Formatrice", ""],
}
LEADERS = {
    "M.": ["Président", "Directeur", "Trésorier", "Coordinateur", ""],
    "Mme": ["Présidente", "Directrice", "Trésorière", "Coordinatrice", ""],
}

#: old label in the export, weight among providers, legal category in Sirene
LEGAL_STATUSES = [
    ("Entreprise individuelle", 30, "1000"), ("SARL", 15, "5499"), ("EURL", 10, "5499"),
    ("SAS", 14, "5710"), ("Association loi 1901", 12, "9220"), ("SCOP SARL", 8, "5458"),
    ("SCOP SA", 2, "5558"), ("SCIC", 4, "5710"), ("Salarié de CAE", 4, "5458"),
    ("Autre", 1, "5710"),
]  # fmt: skip
PROVIDER_NAF = ["70.22Z", "85.59A", "69.20Z", "73.11Z", "62.02A", "74.90B", "78.30Z"]
BENEFICIARY_NAF = ["94.99Z", "90.01Z", "93.12Z", "88.99B", "88.10A", "85.52Z", "88.91A", "38.11Z"]
#: NAF 2025 code of each of the above, as Sirene shows both during 2026
NAF_2025 = {
    "70.22Z": "70.20Y", "85.59A": "85.59G", "69.20Z": "69.20Y", "73.11Z": "73.11Y",
    "62.02A": "62.20G", "74.90B": "74.99Y", "78.30Z": "78.20H", "94.99Z": "94.99Y",
    "90.01Z": "90.20Y", "93.12Z": "93.12Y", "88.99B": "88.99H", "88.10A": "88.10G",
    "85.52Z": "85.52Y", "88.91A": "88.91G", "38.11Z": "38.11Y",
}  # fmt: skip

THEMES = [
    "Projet et stratégie", "Projet associatif", "Appui au projet (consolidation)",
    "Évolution des activités", "Étude de marché", "Essaimage", "Gouvernance", "Vie associative",
    "Organisation interne", "Répartition des rôles", "Statuts et règlement intérieur",
    "Changement de statut SCOP / SCIC", "Démarche qualité", "Modèle économique",
    "Gestion financière", "Comptabilité", "Diversification des financements",
    "Restructuration économique et financière", "Tableaux de bord", "Fiscalité",
    "Mécénat et dons", "Marchés publics", "Fonction employeur", "Gestion des compétences",
    "Management d’équipe", "Conditions de travail", "Gestion des ressources humaines et bénévolat",
    "Communication", "Commercialisation", "Communication et commercialisation",
    "Informatique et logiciels", "Mutualisation", "Fusion", "Regroupement et mutualisation",
    "Partenariats", "Utilité sociale", "Développement durable", "Emplois jeunes (sortie)",
    "Aide au montage de dossier", "Divers",
]  # fmt: skip
SECTORS = [
    "Culture", "Spectacle vivant", "Patrimoine", "Sport", "Animation sociale", "Loisirs",
    "Tourisme social", "Jeunesse", "Petite enfance", "Famille / Enfance / Jeunesse",
    "Enseignement, formation", "Insertion / emploi", "IAE : chantier d’insertion",
    "IAE : association intermédiaire", "Services à la personne", "Personnes âgées", "Handicap",
    "Santé", "Action humanitaire", "Logement", "Environnement", "Recyclage", "Énergie",
    "Agriculture", "Transport", "Multimédia", "Médias", "Solidarité internationale",
    "Développement local", "Autre",
]  # fmt: skip
STAGES = ["Accueil", "Diagnostic", "Plan d’accompagnement", "Mise en œuvre", "Suivi", "Clos"]
STATUSES = ["Prévue", "Consultation", "En cours", "Réalisée", "Soldée", "Annulée"]
DOCUMENT_KINDS = ["CV", "Plaquette", "Convention", "Rapport final", "Diagnostic", "Kbis", "Divers"]
#: The twenty-two regions of before 2016 are still in the export: département codes by old name.
OLD_REGIONS = {
    "Rhône-Alpes": "01,07,26,38,42,69,73,74", "Nord-Pas-de-Calais": "59,62",
    "Aquitaine": "24,33,40,47,64", "Bretagne": "22,29,35,56", "Alsace": "67,68",
    "Auvergne": "03,15,43,63", "Picardie": "02,60,80", "Lorraine": "54,55,57,88",
    "Limousin": "19,23,87", "Midi-Pyrénées": "09,12,31,32,46,65,81,82",
}  # fmt: skip
#: name, département, postcode, city
OPERATORS = [
    ("DLA du Rhône", "69", "69003", "Lyon"), ("DLA du Nord", "59", "59000", "Lille"),
    ("DLA de la Gironde", "33", "33000", "Bordeaux"),
    ("DLA d’Ille-et-Vilaine", "35", "35000", "Rennes"),
    ("DLA des Bouches-du-Rhône", "13", "13001", "Marseille"),
    ("DLA de La Réunion", "974", "97400", "Saint-Denis"),
]  # fmt: skip

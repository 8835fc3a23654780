"""Word stock of the population."""

_GIVEN = (
    "Aaliyah Abena Adil Aiko Aino Ajay Akua Alba Alejandro Amara Amina Anders Anika Anouk Antonio Anya Arjun Asha Astrid Ayla "
    "Beatriz Bilal Birgit Bruno Camille Carlos Chidi Chloe Ciara Cosmin Dagny Dalia Daniela Darius Deniz Dina Dmitri Ebba Elif Emeka "
    "Emre Esperanza Fatima Felix Femi Fiona Freya Gabor Giulia Goran Hana Hassan Henrik Hyun Ibrahim Ines Ingrid Isabela Ismail Jamal "
    "Jia Johanna Jonas Josefina Kaito Kamal Kavya Khadija Kofi Kristina Lars Layla Leila Lucia Luka Maja Malik Manuel Marek Mariam "
    "Mateo Mei Mikael Mina Mohammed Nadia Naoki Neha Ngozi Nikos Nina Noor Oksana Oscar Pablo Paloma Pavel Priya Rafael Rania Ravi "
    "Rhys Rina Roman Ruta Salma Samir Sanna Santiago Selma Shreya Signe Siobhan Sofia Stefan Sunita Taavi Tariq Tereza Thandi Tomas "
    "Uma Valentina Vikram Viktor Wanjiru Wei Xavier Yara Yasmin Yuki Yusuf Zainab Zeynep Zoe Zuzana"
)
_FAMILY = (
    "Abbott Adeyemi Ahmed Almeida Andersson Aoki Asante Bakker Banerjee Barros Becker Bergman Bianchi Boateng Bondarenko Bose Brennan "
    "Caballero Carter Castillo Cermak Chandra Chen Choi Costa Dahl Das Demir Diallo Diaz Dubois Duarte Dvorak Eriksen Evans Farah "
    "Fernandes Fischer Fontaine Fujita Garcia Georgiou Gonzalez Gupta Haddad Hansen Haugen Herrera Hoang Horvat Ibarra Ito Ivanova "
    "Jansen Jensen Joshi Kamau Karlsson Kaya Keita Khan Kim Kiss Kovac Kowalski Kumar Larsen Laurent Lee Lehtonen Lindqvist Lopez "
    "Mahmoud Malhotra Marin Martins Mbeki Mendoza Meyer Mishra Molina Moreau Murphy Mwangi Nagy Nakamura Navarro Nguyen Nilsson Novak "
    "Okafor Okonkwo Olsen Ortiz Osei Ozturk Patel Pereira Petrov Phiri Popescu Quigley Rahman Ramos Rao Rasmussen Reddy Ricci Rossi "
    "Ruiz Sahin Saito Salazar Santos Sato Schmidt Sharma Silva Singh Sorensen Suzuki Szabo Takahashi Tanaka Tran Vargas Vasquez Virtanen "
    "Vogel Wagner Wang Weber Wilson Wójcik Yamamoto Yilmaz Zhang Zielinski"
)
_TITLES = (
    "Software Engineer;Senior Software Engineer;Staff Engineer;Engineering Manager;Product Manager;Product Designer;UX Researcher;"
    "Data Analyst;Data Engineer;Site Reliability Engineer;Security Engineer;QA Engineer;Technical Writer;Support Engineer;"
    "Customer Success Manager;Account Executive;Sales Engineer;Marketing Manager;Content Strategist;People Partner;Recruiter;"
    "Financial Analyst;Legal Counsel;Office Manager;IT Administrator;Program Manager;Scrum Master;Procurement Specialist;"
    "Operations Lead;Business Analyst"
)

GIVEN = tuple(_GIVEN.split())
FAMILY = tuple(_FAMILY.split())
TITLES = tuple(_TITLES.split(";"))

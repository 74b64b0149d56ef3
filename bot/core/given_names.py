"""Names common in Canada: a single word after "patient" is a name when it is here.

Given names and a few surnames; common knowledge, gathered by hand; lower case, without words that
are more often something else.
"""

GIVEN_NAMES = frozenset(
    """
    jean pierre paul jacques michel andré andre claude rené rene robert roger marcel gilles yves
    alain denis daniel louis françois francois richard serge guy normand réjean rejean raymond
    gérard gerard georges henri lucien léo leo émile emile martin éric eric stéphane stephane
    patrick sylvain benoît benoit mathieu matthieu nicolas alexandre maxime simon samuel antoine
    olivier vincent gabriel félix felix thomas william nathan jérémy jeremy étienne etienne
    guillaume hugo philippe sébastien sebastien frédéric frederic dominic dominique pascal yvon
    luc marc mario gaston fernand armand bernard laurent julien xavier raphaël raphael zachary
    jérôme jerome marie lucie louise diane sylvie nathalie julie isabelle chantal manon josée
    josee france francine johanne carole ginette lise nicole monique denise suzanne micheline
    thérèse therese jeanne rita cécile cecile yvette pauline huguette madeleine jacqueline
    claudette colette solange céline celine hélène helene martine sophie caroline stéphanie
    stephanie valérie valerie mélanie melanie karine annie geneviève genevieve catherine
    véronique veronique émilie emilie audrey camille laurence léa lea florence zoé zoe alice
    rosalie juliette béatrice beatrice chloé chloe jade océane charlotte éva eva maude ève eve
    anne amélie amelie marguerite georgette lorraine réjeanne rejeanne gisèle gisele odette
    aline rolande fernande bernadette john james david michael christopher matthew andrew joseph
    steven steve kevin brian george edward ronald kenneth donald gary jason jeffrey ryan jacob
    brandon benjamin jonathan justin scott gregory joshua stephen larry frank peter walter
    harold douglas gerald arthur bruce keith ralph roy albert wayne eugene russell philip harry
    ethan liam noah logan lucas oliver owen mason mary patricia jennifer linda elizabeth barbara
    susan jessica sarah karen nancy lisa betty margaret sandra ashley kimberly emily donna
    michelle amanda melissa deborah rebecca sharon laura cynthia kathleen amy angela shirley
    brenda pamela emma anna ruth virginia debra rachel janet carol heather helen samantha joyce
    diana victoria kelly christina joan evelyn judith megan olivia andrea cheryl hannah martha
    gloria teresa ann sara madison frances kathryn janice doris abigail julia judy beverly
    mohamed mohammed muhammad ahmed ali hassan hussein omar ibrahim youssef karim mehdi rachid
    samir tariq fatima aisha khadija amina nadia leila layla yasmine samira zainab mariam maryam
    noor wei ming li jing mei xin hui yan ying chen raj rahul amit sanjay vijay priya anjali
    sunita deepa kavita singh harpreet gurpreet jaspreet carlos jose josé maria juan luis miguel
    ana sofia rosa carmen giovanni giuseppe antonio marco luca francesca giulia olga natasha
    svetlana ivan dmitri igor vladimir nguyen linh thi minh hiroshi yuki akira kenji sakura
    kwame kofi abena chidi ngozi oluwaseun tremblay
    """.split()
)
